import { type FieldError, invalid, notSupported, required } from "../../names.ts";
import { type Fields, fill, type KindRules, specOf } from "../rules.ts";

export const service: KindRules = {
  defaults: (object) => serviceDefaults((object["spec"] ??= {})),
  validate: (object) => validateService(specOf(object)),
};

function serviceDefaults(spec: Fields): void {
  fill(spec, { sessionAffinity: "None", type: "ClusterIP" });
  for (const port of spec["ports"] ?? []) {
    port.protocol ??= "TCP";
    port.targetPort ??= port.port;
  }
  if (spec["type"] !== "ExternalName") fill(spec, { internalTrafficPolicy: "Cluster" });
  if (spec["type"] === "NodePort" || spec["type"] === "LoadBalancer") fill(spec, { externalTrafficPolicy: "Cluster" });
}

function validateService(spec: Fields): readonly FieldError[] {
  const types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
  const errors: FieldError[] = [];
  if (spec["type"] !== undefined && !types.includes(spec["type"]))
    errors.push(notSupported("spec.type", spec["type"], types));
  const ports = (spec["ports"] ?? []) as Fields[];
  if (ports.length === 0 && spec["type"] !== "ExternalName" && spec["clusterIP"] !== "None")
    errors.push(required("spec.ports"));
  for (const [i, port] of ports.entries()) {
    if (!(port["port"] >= 1 && port["port"] <= 65535))
      errors.push(invalid(`spec.ports[${i}].port`, port["port"] ?? 0, "must be between 1 and 65535, inclusive"));
    if (ports.length > 1 && !port["name"]) errors.push(required(`spec.ports[${i}].name`));
  }
  return errors;
}
