import { type Fields, fill, type KindRules } from "../rules.ts";

/** SetDefaults_ExactDeviceRequest, and of each alternative: one device, where nobody says how many. */
function devicesDefaults(devices: Fields | undefined): void {
  for (const { exactly, firstAvailable } of (devices?.["requests"] ?? []) as readonly Fields[])
    for (const request of [...(exactly ? [exactly] : []), ...(firstAvailable ?? [])] as readonly Fields[]) {
      fill(request, { allocationMode: "ExactCount" });
      if (request["allocationMode"] === "ExactCount" && !request["count"]) request["count"] = 1;
    }
}

export const resourceClaim: KindRules = { defaults: (object) => devicesDefaults(object["spec"]?.devices) };

export const resourceClaimTemplate: KindRules = {
  defaults: (object) => devicesDefaults(object["spec"]?.spec?.devices),
};
