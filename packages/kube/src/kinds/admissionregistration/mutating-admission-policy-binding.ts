import { type Fields, type KindRules, specOf } from "../rules.ts";
import { matchDefaults, validateBinding } from "./policy.ts";

export const mutatingAdmissionPolicyBinding: KindRules = {
  defaults: (object) => {
    const match = object["spec"]?.matchResources as Fields | undefined;
    if (match !== undefined) matchDefaults(match);
  },
  validate: (object) => validateBinding(specOf(object), { isMutating: true }),
};
