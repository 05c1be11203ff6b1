import { internalValue } from "../../../go/internal.ts";
import { type FieldError, forbidden, invalid, notSupported, required } from "../../../names.ts";
import { isKubernetesSigner, validateSignerName } from "../../certificates/signer-name.ts";
import { signerOfBundle, trustBundleName } from "../../certificates/trust-bundle-name.ts";
import { validateUserAnnotations } from "../../certificates/user-annotations.ts";
import { itemsOf } from "../../checks.ts";
import { validateLabelSelector } from "../../label-selector.ts";
import type { Fields } from "../../rules.ts";
import { ownPath, targetPath, validateDownward, validateKey, validateUser } from "./volume-items.ts";

/** The volume whose parts are looked at, and the places within it that other parts have taken. */
interface Projected {
  readonly whole: string;
  readonly taken: Set<string>;
}

/** One source of a projected volume: all of its parts, of which there should be one. */
export function validateProjection(source: Fields, path: string, projected: Projected): readonly FieldError[] {
  const given = Object.entries(parts).filter(([name]) => source[name] !== undefined);
  return [
    ...given.flatMap(([name, validate]) => validate(source[name], `${path}.${name}`, projected)),
    ...(given.length > 1 ? [forbidden(path, "may not specify more than 1 volume type per source")] : []),
  ];
}

/** Seconds: ten minutes, and what 32 bits hold. */
const [minTokenSeconds, maxTokenSeconds] = [600, 2 ** 32];

const parts: {
  readonly [name: string]: (part: Fields, path: string, projected: Projected) => readonly FieldError[];
} = {
  secret: namedKeys,
  configMap: namedKeys,
  downwardAPI: (part, path, projected) =>
    itemsOf(part["items"], path).flatMap(([item]) => [
      ...validateDownward(item, path),
      ...taking(item["path"], item["path"], projected),
    ]),
  serviceAccountToken: ({ expirationSeconds = 0, path: target = "", user }, path, { whole }) => [
    ...(expirationSeconds < minTokenSeconds
      ? [invalid(`${path}.expirationSeconds`, expirationSeconds, "may not specify a duration less than 10 minutes")]
      : []),
    ...(expirationSeconds > maxTokenSeconds
      ? [invalid(`${path}.expirationSeconds`, expirationSeconds, "may not specify a duration larger than 2^32 seconds")]
      : []),
    // kube-apiserver names the volume's own path here.
    ...targetPath(target, `${whole}.path`),
    ...validateUser(user, `${path}.user`),
  ],
  clusterTrustBundle: validateBundle,
  podCertificate: validateCertificate,
};

function namedKeys({ name = "", items }: Fields, path: string, projected: Projected): readonly FieldError[] {
  return [
    ...(name === "" ? [required(`${path}.name`)] : []),
    ...itemsOf(items, `${path}.items`).flatMap(([item, field]) => [
      ...validateKey(item, field),
      ...taking(item["path"], name, projected),
    ]),
  ];
}

/** No two parts lie at one place. */
function taking(place: string | undefined, shown: unknown, { whole, taken }: Projected): readonly FieldError[] {
  if (!place) return [];
  const isTaken = taken.has(place);
  taken.add(place);
  return isTaken ? [invalid(whole, shown, "conflicting duplicate paths")] : [];
}

function validateBundle(bundle: Fields, path: string, projected: Projected): readonly FieldError[] {
  const { path: target = "", user } = bundle;
  return [
    ...validateBundleName(bundle, path),
    ...(target === "" ? [required(`${path}.path`)] : []),
    ...validateUser(user, `${path}.user`),
    ...ownPath(target, `${path}.path`),
    ...taking(target, target, projected),
  ];
}

function validateBundleName(bundle: Fields, path: string): readonly FieldError[] {
  const { name, signerName, labelSelector } = bundle;
  if (name !== undefined && signerName !== undefined) {
    const shown = internalValue("core.ClusterTrustBundleProjection", bundle);
    return [invalid(path, shown, "only one of name and signerName may be used")];
  }
  if (name === undefined && signerName === undefined)
    return [required(path, "either name or signerName must be specified")];
  if (signerName === undefined)
    return [
      ...(name === "" ? [required(`${path}.name`, "must be a valid object name")] : []),
      ...trustBundleName(signerOfBundle(name))(name).map((each) =>
        invalid(`${path}.name`, name, `not a valid clustertrustbundlename: ${each}`),
      ),
      ...(labelSelector === undefined
        ? []
        : [invalid(`${path}.labelSelector`, labelSelector, "labelSelector must be unset if name is specified")]),
    ];
  return [
    ...(signerName === "" ? [required(`${path}.signerName`, "must be a valid signer name")] : []),
    ...validateSignerName(`${path}.signerName`, signerName),
    ...validateLabelSelector(labelSelector, `${path}.labelSelector`),
  ];
}

const keyTypes: readonly string[] = ["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"];

/** Seconds: one hour; a day for signers of Kubernetes' own, and 91 days. */
const [minCertificateSeconds, maxOwnSeconds, maxCertificateSeconds] = [3600, 86_400, 91 * 86_400];

function validateCertificate(certificate: Fields, path: string, projected: Projected): readonly FieldError[] {
  const { signerName = "", userAnnotations, user, keyType = "", maxExpirationSeconds: seconds } = certificate;
  const places = ["credentialBundlePath", "keyPath", "certificateChainPath"].filter((name) => certificate[name]);
  const limit = isKubernetesSigner(signerName) ? maxOwnSeconds : maxCertificateSeconds;
  const field = `${path}.maxExpirationSeconds`;
  return [
    ...validateSignerName(`${path}.signerName`, signerName),
    ...validateUserAnnotations(userAnnotations, `${path}.userAnnotations`),
    ...validateUser(user, `${path}.user`),
    ...(keyTypes.includes(keyType) ? [] : [notSupported(`${path}.keyType`, keyType, keyTypes)]),
    ...(seconds < minCertificateSeconds
      ? [invalid(field, seconds, `if provided, maxExpirationSeconds must be >= ${minCertificateSeconds}`)]
      : []),
    ...(seconds > limit ? [invalid(field, seconds, `if provided, maxExpirationSeconds must be <= ${limit}`)] : []),
    ...places.flatMap((name) => [
      ...ownPath(certificate[name], `${path}.${name}`),
      ...taking(certificate[name], certificate[name], projected),
    ]),
    ...(places.length === 0
      ? [required(path, "specify at least one of credentialBundlePath, keyPath, and certificateChainPath")]
      : []),
  ];
}
