import { fill, type KindRules } from "../rules.ts";

export const persistentVolume: KindRules = {
  defaults: (object) =>
    fill((object["spec"] ??= {}), { volumeMode: "Filesystem", persistentVolumeReclaimPolicy: "Retain" }),
};
