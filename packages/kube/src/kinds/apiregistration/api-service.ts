import type { KindRules } from "../rules.ts";

export const apiService: KindRules = {
  defaults: (object) => {
    const service = object["spec"]?.service;
    if (service) service.port ??= 443;
  },
};
