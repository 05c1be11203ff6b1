import { type FieldError, invalid, notSupported, required, tooLong } from "../../names.ts";
import { formatted } from "../checks.ts";
import { dns1123Label, dns1123Subdomain, type Format, pathSegment } from "../formats.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";

/** The length of a controller's name. */
const maxControllerLength = 250;

export const ingressClass: KindRules = {
  defaults: (object) => {
    const parameters = object["spec"]?.parameters as Fields | undefined;
    if (parameters !== undefined) parameters["scope"] ??= "Cluster";
  },
  validate: (object) => validateSpec(specOf(object)),
  validateReplacement: (object, old) => {
    const { controller = "" } = specOf(object);
    const isSame = controller === (specOf(old)["controller"] ?? "");
    return [
      ...(isSame ? [] : [invalid("spec.controller", controller, "field is immutable")]),
      ...validateSpec(specOf(object)),
    ];
  },
};

function validateSpec({ controller = "", parameters }: Fields): readonly FieldError[] {
  return [
    ...(controller.length > maxControllerLength ? [tooLong("spec.controller", maxControllerLength)] : []),
    ...domainPrefixedPath("spec.controller", controller),
    ...(parameters === undefined ? [] : validateParameters(parameters, "spec.parameters")),
  ];
}

function domainPrefixedPath(field: string, value: string): readonly FieldError[] {
  if (value === "") return [required(field)];
  const slash = value.indexOf("/");
  const [host, path] = [value.slice(0, Math.max(0, slash)), value.slice(slash + 1)];
  if (slash < 0 || host === "" || path === "")
    return [invalid(field, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  return [...formatted(field, host, dns1123Subdomain), ...formatted(field, path, httpPath)];
}

const pathCharacters = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

const httpPath: Format = (value) =>
  new RegExp(`^${pathCharacters}$`).test(value)
    ? []
    : [`Invalid path (regex used for validation is '${pathCharacters}')`];

function validateParameters(
  { apiGroup, kind = "", name = "", scope = "", namespace }: Fields,
  path: string,
): readonly FieldError[] {
  return [
    ...(apiGroup === undefined ? [] : formatted(`${path}.apiGroup`, apiGroup, dns1123Subdomain)),
    ...(kind === "" ? [] : formatted(`${path}.kind`, kind, pathSegment)),
    ...(name === "" ? [] : formatted(`${path}.name`, name, pathSegment)),
    ...(scope === "Cluster" && namespace !== undefined
      ? [
          {
            field: `${path}.namespace`,
            reason: "FieldValueForbidden" as const,
            message: "Forbidden: `parameters.scope` is set to 'Cluster'",
          },
        ]
      : []),
    ...(scope === "Namespace" && namespace === undefined
      ? [required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'")]
      : []),
    ...(scope === "Namespace" && namespace !== undefined
      ? formatted(`${path}.namespace`, namespace, dns1123Label)
      : []),
    ...(scope === "Cluster" || scope === "Namespace"
      ? []
      : [notSupported(`${path}.scope`, scope, ["Cluster", "Namespace"])]),
    ...(kind === "" ? [required(`${path}.kind`)] : []),
    ...(name === "" ? [required(`${path}.name`)] : []),
  ];
}
