import { canonical } from "../../canonical.ts";
import { type FieldError, invalid, notSupported, required, tooLong, withoutValue } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted } from "../checks.ts";
import { validateConditions } from "../conditions.ts";
import type { Expressions } from "../expressions.ts";
import { dns1123Subdomain } from "../formats.ts";
import { type Fields, fill, immutable, type KindRules, specOf } from "../rules.ts";
import { isKubernetesSigner, validateSignerName } from "./signer-name.ts";
import { validateUserAnnotations } from "./user-annotations.ts";

const maxUidBytes = 128;

/** Seconds: one hour; a day for signers of Kubernetes' own, and 91 days. */
const [minSeconds, maxOwnSeconds, maxSeconds] = [3600, 86_400, 91 * 86_400];

/** A kubelet's request for a certificate of one of its pods. What is read of keys and certificates, others read. */
export const podCertificateRequest: KindRules = {
  defaults: (object) => fill((object["spec"] ??= {}) as Fields, { maxExpirationSeconds: maxOwnSeconds }),
  validate: (object, expressions) => validateRequest(specOf(object), expressions),
  validateReplacement: (object, old) =>
    immutable(object, old, ["spec"], { spec: "certificates.PodCertificateRequestSpec" }),
  validateStatus,
};

function validateRequest(spec: Fields, { podKeyErrors }: Expressions): readonly FieldError[] {
  const { signerName = "", unverifiedUserAnnotations, maxExpirationSeconds: seconds } = spec;
  const errors = [
    ...validateSignerName("spec.signerName", signerName),
    ...validateUserAnnotations(unverifiedUserAnnotations, "spec.unverifiedUserAnnotations"),
    ...["pod", "serviceAccount", "node"].flatMap((what) => [
      ...formatted(`spec.${what}Name`, spec[`${what}Name`] ?? "", dns1123Subdomain),
      ...validateUid(`spec.${what}UID`, spec[`${what}UID`] ?? ""),
    ]),
  ];
  if (seconds === undefined) return [...errors, required("spec.maxExpirationSeconds", "must be set")];
  return [...errors, ...validateLife(seconds, signerName), ...validateKey(spec, podKeyErrors)];
}

function validateUid(field: string, uid: string): readonly FieldError[] {
  if (uid === "") return [invalid(field, uid, "must not be empty")];
  return uid.length > maxUidBytes ? [tooLong(field, maxUidBytes)] : [];
}

function validateLife(seconds: number, signerName: string): readonly FieldError[] {
  const limit = isKubernetesSigner(signerName) ? maxOwnSeconds : maxSeconds;
  return seconds >= minSeconds && seconds <= limit
    ? []
    : [invalid("spec.maxExpirationSeconds", seconds, `must be in the range [${minSeconds}, ${limit}]`)];
}

/** A key comes in a request of PKCS #10, or, as before, beside a proof that the kubelet has it. */
function validateKey(spec: Fields, podKeyErrors: Expressions["podKeyErrors"]): readonly FieldError[] {
  const given = ["stubPKCS10Request", "pkixPublicKey", "proofOfPossession"].filter((name) => spec[name]).join();
  if (given === "stubPKCS10Request" || given === "pkixPublicKey,proofOfPossession") return podKeyErrors(spec);
  return [withoutValue("spec", "exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set")];
}

const endings: readonly string[] = ["Issued", "Denied", "Failed"];

/** A request ends once, and its status says nothing before. */
function validateStatus(
  object: KubeObject,
  old: KubeObject,
  { issuedChainErrors }: Expressions,
): readonly FieldError[] {
  const [now, before] = [object, old].map((each) => (each["status"] ?? {}) as Fields) as [Fields, Fields];
  const { conditions } = now;
  const errors = [...validateEndings(conditions), ...validateConditions(conditions, "status.conditions")];
  if (errors.length > 0) return errors;
  const isSame = (other: Fields, why: string) =>
    canonical(now) === canonical(other) ? [] : [withoutValue("status", why)];
  if (endings.some((each) => hasEnded(before, each)))
    return isSame(before, "immutable after PodCertificateRequest is issued, denied, or failed");
  if (hasEnded(now, "Denied") || hasEnded(now, "Failed"))
    return isSame(
      { conditions },
      "non-condition status fields must be empty when denying or failing the PodCertificateRequest",
    );
  return hasEnded(now, "Issued")
    ? issuedChainErrors(object)
    : isSame(before, 'status is immutable unless transitioning to "Issued", "Denied", or "Failed"');
}

function hasEnded({ conditions = [] }: Fields, type: string): boolean {
  return (conditions as readonly Fields[]).some((each) => each["type"] === type && each["status"] === "True");
}

function validateEndings(conditions: readonly Fields[] = []): readonly FieldError[] {
  return conditions.flatMap(({ type = "", status = "" }, i) => {
    const path = `status.conditions.[${i}]`;
    if (!endings.includes(type)) return [notSupported(`${path}.type`, type, endings)];
    const isSecond = conditions.slice(0, i).some((each) => endings.includes(each["type"]));
    return [
      ...(isSecond
        ? [
            invalid(
              `${path}.type`,
              type,
              'There may be at most one condition with type "Issued", "Denied", or "Failed"',
            ),
          ]
        : []),
      ...(status === "True" ? [] : [notSupported(`${path}.status`, status, ["True"])]),
    ];
  });
}
