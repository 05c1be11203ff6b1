import { templateDefaults } from "../core/pod-spec-defaults.ts";
import { type Fields, fill, type KindRules } from "../rules.ts";

export const cronJob: KindRules = {
  defaults: (object) => {
    fill((object["spec"] ??= {}), {
      concurrencyPolicy: "Allow",
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
    const job = object["spec"].jobTemplate as Fields | undefined;
    if (job?.["spec"] !== undefined) templateDefaults(job["spec"].template);
  },
};
