import { constants, createPublicKey, type KeyObject, verify } from "node:crypto";
import { type FieldError, invalid, tooLong, withoutValue } from "@sallyport/kube";
import { parseRequest } from "@sallyport/pki";

/** 10 KiB, of each. */
const maxBytes = 10 * 1024;

const [requestField, keyField, proofField] = ["spec.stubPKCS10Request", "spec.pkixPublicKey", "spec.proofOfPossession"];

/** The spec of a PodCertificateRequest, in which bytes stand in base64. */
interface KeySpec {
  readonly stubPKCS10Request?: string;
  readonly pkixPublicKey?: string;
  readonly proofOfPossession?: string;
  readonly podUID?: string;
}

/** What is wrong with the key of a pod's request, which comes in an empty request of PKCS #10 or, as before, beside a signed uid. */
export function podKeyErrors(spec: KeySpec): readonly FieldError[] {
  const [request, key, proof] = [spec.stubPKCS10Request, spec.pkixPublicKey, spec.proofOfPossession].map((each) =>
    Buffer.from(each ?? "", "base64"),
  ) as [Buffer, Buffer, Buffer];
  return request.length > 0 ? requestErrors(request) : provenErrors(key, proof, spec);
}

function requestErrors(der: Buffer): readonly FieldError[] {
  if (der.length > maxBytes) return [tooLong(requestField, maxBytes)];
  const parsed = parseRequest(Buffer.from(pemOfRequest(der)).toString("base64"));
  if (typeof parsed === "string")
    return [
      withoutValue(requestField, parsed.startsWith("asn1:") ? "must be a valid PKCS#10 CSR" : "invalid signature"),
    ];
  const key = publicKeyOf(Buffer.from(parsed.request.publicKey.rawData));
  return key === undefined ? [unknownKey(requestField)] : kindErrors(key, requestField, "P256, P384, or P521");
}

function provenErrors(der: Buffer, proof: Buffer, { pkixPublicKey, podUID = "" }: KeySpec): readonly FieldError[] {
  if (der.length > maxBytes) return [tooLong(keyField, maxBytes)];
  if (proof.length > maxBytes) return [tooLong(proofField, maxBytes)];
  const key = publicKeyOf(der);
  if (key === undefined) return [invalid(keyField, pkixPublicKey, "must be a valid PKIX-serialized public key")];
  const errors = kindErrors(key, keyField, "P256 or P384");
  if (errors.length > 0) return errors;
  return isSignedBy(key, Buffer.from(podUID), proof)
    ? []
    : [withoutValue(proofField, "could not verify proof-of-possession signature")];
}

function publicKeyOf(der: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: der, format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}

/** Curves as Go names them. */
const curves: { readonly [curve: string]: string } = { secp224r1: "P-224" };

/** Which keys a signer need not take; `allowed` is what is told of curves. */
function kindErrors(key: KeyObject, field: string, allowed: string): readonly FieldError[] {
  const { namedCurve = "", modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "ed25519":
      return [];
    case "ec":
      return ["prime256v1", "secp384r1", "secp521r1"].includes(namedCurve)
        ? []
        : [
            invalid(
              field,
              `curve ${curves[namedCurve] ?? namedCurve}`,
              `elliptic public keys must use curve ${allowed}`,
            ),
          ];
    case "rsa":
      return modulusLength === 3072 || modulusLength === 4096
        ? []
        : [invalid(field, `${modulusLength}-bit modulus`, "RSA keys must have modulus size 3072 or 4096")];
    default:
      return [unknownKey(field)];
  }
}

function unknownKey(field: string): FieldError {
  return withoutValue(field, "unknown public key type; supported types are Ed25519, ECDSA, and RSA");
}

function isSignedBy(key: KeyObject, data: Buffer, signature: Buffer): boolean {
  if (key.asymmetricKeyType === "ed25519") return verify(null, data, key, signature);
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  const options = key.asymmetricKeyType === "rsa" ? { key, padding, saltLength: constants.RSA_PSS_SALTLEN_AUTO } : key;
  return verify("sha256", data, options, signature);
}

/** The PEM of a request. */
export function pemOfRequest(der: Buffer): string {
  return `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
}
