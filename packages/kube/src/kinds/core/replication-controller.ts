import { fill, type KindRules } from "../rules.ts";
import { templateDefaults } from "./pod-spec-defaults.ts";

export const replicationController: KindRules = {
  defaults: (object) => {
    fill((object["spec"] ??= {}), { replicas: 1 });
    templateDefaults(object["spec"].template);
  },
};
