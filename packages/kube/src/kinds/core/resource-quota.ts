import { canonical } from "../../canonical.ts";
import { immutable, type KindRules, specOf } from "../rules.ts";

/** What a quota counts over stays; how much it allows may change. */
export const resourceQuota: KindRules = {
  validateUpdate: (object, old) =>
    canonical([...(specOf(object)["scopes"] ?? [])].sort()) === canonical([...(specOf(old)["scopes"] ?? [])].sort())
      ? []
      : immutable(object, old, ["spec.scopes"]),
};
