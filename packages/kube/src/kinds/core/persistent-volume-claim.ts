import { fill, type KindRules } from "../rules.ts";

export const persistentVolumeClaim: KindRules = {
  defaults: (object) => fill((object["spec"] ??= {}), { volumeMode: "Filesystem" }),
};
