import type { IncomingMessage } from "node:http";
import type { UserInfo } from "@sallyport/admission";
import { type RbacReader, StatusError } from "@sallyport/kube";
import {
  type Authenticated,
  AuthenticationError,
  type Authenticator,
  type TokenAuthenticator,
} from "./authenticator.ts";
import { bootstrapTokens } from "./bootstrap-tokens.ts";
import { clientCertificates } from "./client-certificates.ts";
import { type JwtIssuer, jwtTokens } from "./jwt.ts";
import { type OidcOptions, oidcIssuer } from "./oidc.ts";
import { type RequestHeaderOptions, requestHeaders } from "./request-headers.ts";
import type { ServiceAccountOptions } from "./service-account-issuer.ts";
import { serviceAccountTokens, type TokenUse } from "./service-accounts.ts";
import { type StaticToken, staticTokens } from "./static-tokens.ts";
import { type TokenWebhookOptions, tokenWebhook } from "./webhook.ts";

/** Which credentials are taken. */
export interface AuthenticationOptions {
  /** PEM: whose certificates name users. */
  readonly clientCas: readonly string[];
  readonly serviceAccounts: ServiceAccountOptions;
  readonly tokens: readonly StaticToken[];
  readonly anonymous: boolean;
  /** The only paths for which anonymous requests are taken; all when absent. */
  readonly anonymousPaths?: readonly string[];
  readonly bootstrapTokens: boolean;
  readonly requestHeaders?: RequestHeaderOptions;
  readonly oidc?: OidcOptions;
  /** Issuers of a structured configuration. */
  readonly jwt?: readonly JwtIssuer[];
  readonly webhook?: TokenWebhookOptions;
  /** Told of each request with a client certificate, for how many seconds that is still good. */
  readonly onCertificate?: (seconds: number) => void;
  /** Told of each token of a service account that was good, or would have been. */
  readonly onToken?: (use: TokenUse) => void;
}

const anonymous: UserInfo = { username: "system:anonymous", groups: ["system:unauthenticated"] };

/** Finds out who sends requests, and whose tokens are. */
export class Authentication {
  readonly #authenticators: readonly Authenticator[];
  readonly #tokens: readonly TokenAuthenticator[];
  readonly #isAnonymous: (request: IncomingMessage) => boolean;
  /** What a token is for when nobody says. */
  readonly apiAudiences: readonly string[];

  constructor(options: AuthenticationOptions, reader: RbacReader, now: () => number) {
    const { apiAudiences } = options.serviceAccounts;
    this.apiAudiences = apiAudiences;
    const { anonymous: isTaken, anonymousPaths } = options;
    this.#isAnonymous = ({ url = "" }) => isTaken && (anonymousPaths?.includes(pathOf(url)) ?? true);
    this.#authenticators = [
      ...(options.requestHeaders === undefined ? [] : [requestHeaders(options.requestHeaders, now)]),
      clientCertificates(options.clientCas, now, options.onCertificate),
    ];
    this.#tokens = [
      staticTokens(options.tokens, apiAudiences),
      serviceAccountTokens(options.serviceAccounts, reader, now, options.onToken),
      ...(options.bootstrapTokens ? [bootstrapTokens(reader, now, apiAudiences)] : []),
      ...(options.oidc === undefined ? [] : [jwtTokens(oidcIssuer(options.oidc), apiAudiences)]),
      ...(options.jwt ?? []).map((issuer) => jwtTokens(issuer, apiAudiences)),
      ...(options.webhook === undefined ? [] : [tokenWebhook(options.webhook, apiAudiences)]),
    ];
  }

  /** Who sent a request: told at once by connections, later of tokens. Bad credentials are refused, not made anonymous. */
  authenticate(request: IncomingMessage): UserInfo | Promise<UserInfo> {
    let isRefused = false;
    for (const authenticator of this.#authenticators) {
      try {
        const found = authenticator.authenticate(request);
        if (found !== undefined) return known(found.user);
      } catch (error) {
        if (!(error instanceof AuthenticationError)) throw error;
        isRefused = true;
      }
    }
    return this.#authenticateBearer(request, isRefused);
  }

  async #authenticateBearer(request: IncomingMessage, isRefused: boolean): Promise<UserInfo> {
    const token = bearerToken(request);
    if (token !== undefined) {
      const found = await this.authenticateToken(token, this.apiAudiences);
      if (!("errors" in found)) return known(found.user);
    } else if (!isRefused && this.#isAnonymous(request)) return anonymous;
    throw new StatusError("Unauthorized", "Unauthorized");
  }

  /** Whose a token is; else all that is wrong with it, the token itself left out. */
  async authenticateToken(
    token: string,
    audiences: readonly string[],
  ): Promise<Authenticated | { readonly errors: readonly string[] }> {
    const errors: string[] = [];
    for (const authenticator of this.#tokens) {
      try {
        const found = await authenticator.authenticate(token, audiences);
        if (found !== undefined) return { ...found, user: known(found.user) };
      } catch (error) {
        if (!(error instanceof AuthenticationError)) throw error;
        errors.push(error.message);
      }
    }
    return { errors: ["invalid bearer token", ...errors] };
  }
}

/** Users of connections and tokens that are asked about again and again are the same ones each time. */
const knownUsers = new WeakMap<UserInfo, UserInfo>();

function known(user: UserInfo): UserInfo {
  const before = knownUsers.get(user);
  if (before !== undefined) return before;
  const made = { ...user, groups: [...new Set([...user.groups, "system:authenticated"])] };
  knownUsers.set(user, made);
  return made;
}

function pathOf(url: string): string {
  const at = url.indexOf("?");
  return at < 0 ? url : url.slice(0, at);
}

/** Browsers cannot set headers of a websocket: there the token is one of its protocols. */
const protocolPrefix = "base64url.bearer.authorization.k8s.io.";

function bearerToken({ headers }: IncomingMessage): string | undefined {
  const [scheme, token] = wordsOf(headers.authorization);
  if (scheme === "bearer" && token) return token;
  const protocols = (headers["sec-websocket-protocol"] ?? "").split(",").map((each) => each.trim());
  const carrier = protocols.find((each) => each.startsWith(protocolPrefix));
  return carrier === undefined
    ? undefined
    : Buffer.from(carrier.slice(protocolPrefix.length), "base64url").toString("utf8");
}

/** What is said to clients with a space too many before their token: it is not looked at. */
export function bearerWarning({ headers }: IncomingMessage): string | undefined {
  const [scheme, token, ...rest] = wordsOf(headers.authorization);
  return scheme === "bearer" && token === "" && rest.length > 0
    ? "the provided Authorization header contains extra space before the bearer token, and is ignored"
    : undefined;
}

/** The scheme in lower case, what comes behind its space, and the rest. */
function wordsOf(header: string | undefined): readonly string[] {
  const [scheme = "", ...words] = (header ?? "").trim().split(" ");
  return [scheme.toLowerCase(), ...words];
}
