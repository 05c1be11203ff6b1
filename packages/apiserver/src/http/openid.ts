import { jwksOf } from "../authentication/service-account-keys.ts";
import type { HandlerOptions } from "./call.ts";

/** A document that others may keep for a while, and its media type. */
export interface OpenIdDocument {
  readonly type: string;
  readonly text: string;
}

/** The documents by which others check tokens of service accounts. Undefined for other paths. */
export function openIdDocument(path: string, { serviceAccounts }: HandlerOptions): OpenIdDocument | undefined {
  const { issuers, keys, jwksUri } = serviceAccounts;
  if (path === "/openid/v1/jwks") return { type: "application/jwk-set+json", text: JSON.stringify(jwksOf(keys)) };
  if (path !== "/.well-known/openid-configuration") return undefined;
  const document = {
    issuer: issuers[0],
    jwks_uri: jwksUri(),
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [...new Set(keys.verification.map(({ algorithm }) => algorithm))],
  };
  return { type: "application/json", text: JSON.stringify(document) };
}
