import { duplicate, type FieldError, invalid, required, tooMany } from "@sallyport/kube";
import { type ClaimRules, claimMapping } from "./claim-mappings.ts";
import type { JwtIssuer } from "./jwt.ts";

/** apiserver.config.k8s.io/v1 AuthenticationConfiguration. */
export interface AuthenticationConfiguration {
  readonly jwt?: readonly JwtAuthenticator[];
  readonly anonymous?: AnonymousOptions;
}

/** Whether requests without credentials are taken, and for which paths alone. */
export interface AnonymousOptions {
  readonly enabled?: boolean;
  readonly conditions?: readonly { readonly path: string }[];
}

interface JwtAuthenticator extends ClaimRules {
  readonly issuer?: {
    readonly url?: string;
    readonly discoveryURL?: string;
    /** PEM. */
    readonly certificateAuthority?: string;
    readonly audiences?: readonly string[];
    readonly audienceMatchPolicy?: string;
  };
}

/** Upstream's AllValidSigningAlgorithms. */
const signingAlgorithms = ["ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"];

const maxIssuers = 64;

export interface ConfigurationReader {
  /** Issuers that nobody may pretend to be: those of service accounts. */
  readonly ownIssuers: readonly string[];
  /** Reads documents of an issuer, trusting this authority, or those of the system. */
  readonly reader: (ca: string | undefined) => JwtIssuer["get"];
  readonly now: () => number;
}

/** The issuers of a configuration, or all that is wrong with it. */
export function jwtIssuers(
  { jwt = [], anonymous }: AuthenticationConfiguration,
  options: ConfigurationReader,
): readonly JwtIssuer[] | { readonly errors: readonly FieldError[] } {
  const errors: FieldError[] = jwt.length > maxIssuers ? [tooMany("jwt", jwt.length, maxIssuers)] : [];
  const issuers = jwt.map((each, i) => issuerOf(each, `jwt[${i}]`, options, errors));
  jwt.forEach(({ issuer }, i) => {
    for (const field of ["url", "discoveryURL"] as const)
      if (issuer?.[field] && jwt.slice(0, i).some((other) => other.issuer?.[field] === issuer[field]))
        errors.push(duplicate(`jwt[${i}].issuer.${field}`, issuer[field]));
  });
  if (anonymous !== undefined && anonymous.enabled !== true && (anonymous.conditions ?? []).length > 0)
    errors.push(
      invalid(
        "anonymous.conditions",
        anonymous.conditions,
        "enabled should be set to true when conditions are defined",
      ),
    );
  return errors.length > 0 ? { errors } : issuers;
}

function issuerOf(
  { issuer = {}, ...rules }: JwtAuthenticator,
  path: string,
  { ownIssuers, reader, now }: ConfigurationReader,
  errors: FieldError[],
): JwtIssuer {
  const { url = "", discoveryURL, audiences = [], audienceMatchPolicy = "", certificateAuthority } = issuer;
  if (url === "") errors.push(required(`${path}.issuer.url`));
  else errors.push(...urlFaults(url, `${path}.issuer.url`, ownIssuers));
  if (discoveryURL !== undefined && discoveryURL !== "") {
    const field = `${path}.issuer.discoveryURL`;
    if (discoveryURL.replace(/\/$/, "") === url.replace(/\/$/, ""))
      errors.push(invalid(field, discoveryURL, "discoveryURL must be different from URL"));
    errors.push(...urlFaults(discoveryURL, field, []));
  }
  errors.push(...audienceFaults(audiences, audienceMatchPolicy, `${path}.issuer`));
  const userOf = claimMapping(rules, path, errors);
  return {
    url,
    ...(discoveryURL ? { discoveryUrl: discoveryURL } : {}),
    audiences,
    signingAlgorithms,
    userOf,
    get: reader(certificateAuthority || undefined),
    now,
  };
}

function urlFaults(text: string, field: string, disallowed: readonly string[]): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (disallowed.includes(text))
    errors.push(
      invalid(field, text, `URL must not overlap with disallowed issuers: [${[...disallowed].sort().join(" ")}]`),
    );
  if (!URL.canParse(text))
    return [...errors, invalid(field, text, `parse ${JSON.stringify(text)}: invalid URI for request`)];
  const { protocol, username, password, search, hash } = new URL(text);
  if (protocol !== "https:") errors.push(invalid(field, text, "URL scheme must be https"));
  if (username !== "" || password !== "")
    errors.push(invalid(field, text, "URL must not contain a username or password"));
  if (search !== "") errors.push(invalid(field, text, "URL must not contain a query"));
  if (hash !== "") errors.push(invalid(field, text, "URL must not contain a fragment"));
  return errors;
}

function audienceFaults(audiences: readonly string[], policy: string, path: string): readonly FieldError[] {
  const field = `${path}.audiences`;
  if (audiences.length === 0) return [required(field, `at least one ${field} is required`)];
  const errors: FieldError[] = [];
  audiences.forEach((each, i) => {
    if (each === "") errors.push(required(`${field}[${i}]`));
    else if (audiences.indexOf(each) < i) errors.push(duplicate(`${field}[${i}]`, each));
  });
  const policyField = `${path}.audienceMatchPolicy`;
  if (audiences.length > 1 && policy !== "MatchAny")
    errors.push(invalid(policyField, policy, "audienceMatchPolicy must be MatchAny for multiple audiences"));
  if (audiences.length === 1 && policy !== "" && policy !== "MatchAny")
    errors.push(invalid(policyField, policy, "audienceMatchPolicy must be empty or MatchAny for single audience"));
  return errors;
}
