import { pemBlocks } from "../x509/pem.ts";
import { AuthorityError, type AuthorityState, type Rotation } from "./authority-state.ts";

/** An authority as texts by name: files of a folder, or keys of a Secret. The first four are Istio's. */
export type AuthorityTexts = { readonly [name in AuthorityFile]?: string };

export const authorityFiles = [
  "ca-cert.pem",
  "ca-key.pem",
  "cert-chain.pem",
  "root-cert.pem",
  "rotation.json",
] as const;

export type AuthorityFile = (typeof authorityFiles)[number];

/** Throws `AuthorityError` for texts that lack one, or are none. Whether they fit one another is `readAuthority`'s to see. */
export function authorityOfTexts(texts: AuthorityTexts): AuthorityState {
  const text = (name: AuthorityFile) => {
    const found = texts[name];
    if (found === undefined || found.trim() === "") throw new AuthorityError(`${name} is missing`);
    return found;
  };
  const roots = pemBlocks(text("root-cert.pem"), "CERTIFICATE");
  if (roots.length === 0) throw new AuthorityError("root-cert.pem has no certificate");
  const rotation = texts["rotation.json"];
  return {
    signer: { certificate: text("ca-cert.pem"), key: text("ca-key.pem") },
    chain: texts["cert-chain.pem"] ?? "",
    roots: [text("root-cert.pem")].flatMap(splitPem),
    ...(rotation === undefined ? {} : { rotation: rotationOf(rotation) }),
  };
}

export function textsOfAuthority({ signer, chain, roots, rotation }: AuthorityState): AuthorityTexts {
  return {
    "ca-cert.pem": signer.certificate,
    "ca-key.pem": signer.key,
    "cert-chain.pem": chain,
    "root-cert.pem": roots.join(""),
    ...(rotation === undefined ? {} : { "rotation.json": `${JSON.stringify(rotation, null, 2)}\n` }),
  };
}

function splitPem(text: string): readonly string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)?.map((each) => `${each}\n`) ?? [];
}

function rotationOf(text: string): Rotation {
  const fault = new AuthorityError(
    "rotation.json: expected next with certificate, key and since, and retired with certificate and until",
  );
  let value: Partial<Rotation> | null;
  try {
    value = JSON.parse(text) as Partial<Rotation> | null;
  } catch {
    throw fault;
  }
  const { next, retired } = value ?? {};
  const isWhole =
    Array.isArray(retired) &&
    retired.every((each) => typeof each?.certificate === "string" && typeof each.until === "number") &&
    (next === undefined ||
      (typeof next?.certificate === "string" && typeof next.key === "string" && typeof next.since === "number"));
  if (!isWhole) throw fault;
  return { retired, ...(next === undefined ? {} : { next }) };
}
