import { parseGoDuration } from "@sallyport/kube";

/** Who is asked by CUSTOM policies: MeshConfig.ExtensionProvider of https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/, as far as it authorizes. */
export interface ExtensionProvider {
  readonly name: string;
  readonly envoyExtAuthzHttp?: ExtAuthzHttp;
  readonly envoyExtAuthzGrpc?: ExtAuthzGrpc;
}

/** What both kinds say. */
export interface ExtAuthz {
  /** `[NAMESPACE/]HOST`. */
  readonly service: string;
  readonly port: number;
  /** Such as `2s`; ten minutes unless said. */
  readonly timeout?: string;
  /** Whether what cannot be asked, or is answered 5xx, may pass. */
  readonly failOpen?: boolean;
  /** What a client is told where it may not: 403 unless said. */
  readonly statusOnError?: string;
  readonly includeRequestBodyInCheck?: {
    readonly maxRequestBytes: number;
    /** Of a larger body its beginning is asked of; it is refused otherwise. */
    readonly allowPartialMessage?: boolean;
    /** Of gRPC: as bytes, that need not be UTF-8. */
    readonly packAsBytes?: boolean;
  };
}

/** Names of headers may begin or end with a star. */
export interface ExtAuthzHttp extends ExtAuthz {
  readonly pathPrefix?: string;
  readonly includeRequestHeadersInCheck?: readonly string[];
  /** Its older name, where the newer is not there. */
  readonly includeHeadersInCheck?: readonly string[];
  readonly includeAdditionalHeadersInCheck?: { readonly [name: string]: string };
  readonly headersToUpstreamOnAllow?: readonly string[];
  readonly headersToDownstreamOnDeny?: readonly string[];
  readonly headersToDownstreamOnAllow?: readonly string[];
}

export interface ExtAuthzGrpc extends ExtAuthz {
  readonly clearRouteCache?: boolean;
}

/** Istio's: who gives no limit waits for as long. */
const defaultTimeoutMs = 600_000;

/** What of a provider is the same for both kinds; undefined for one of something else, such as tracing. */
export function extAuthzOf({ envoyExtAuthzHttp, envoyExtAuthzGrpc }: ExtensionProvider): ExtAuthz | undefined {
  return envoyExtAuthzHttp ?? envoyExtAuthzGrpc;
}

export function timeoutMsOf({ timeout }: ExtAuthz): number {
  const nanoseconds = timeout === undefined ? undefined : parseGoDuration(timeout);
  return typeof nanoseconds === "number" ? nanoseconds / 1e6 : defaultTimeoutMs;
}

/** Without the namespace before it. */
export function providerHost({ service }: ExtAuthz): string {
  return service.slice(service.indexOf("/") + 1);
}

/** Why a provider cannot be asked, as Istio refuses it: https://github.com/istio/istio/blob/master/pilot/pkg/security/authz/builder/extauthz.go */
export function providerFault(provider: ExtensionProvider): string | undefined {
  const settings = extAuthzOf(provider);
  if (settings === undefined) return "it has neither envoyExtAuthzHttp nor envoyExtAuthzGrpc";
  return settingsFault(settings) ?? httpFault(provider.envoyExtAuthzHttp);
}

function settingsFault({ service, port, timeout, statusOnError, includeRequestBodyInCheck: body }: ExtAuthz) {
  if (typeof service !== "string" || service === "") return "service must not be empty";
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    return `port must be in the range [1, 65535], found: ${port}`;
  const nanoseconds = timeout === undefined ? 1 : parseGoDuration(String(timeout));
  if (typeof nanoseconds !== "number" || !(nanoseconds > 0)) return `invalid timeout ${timeout}: expected such as 2s`;
  if (statusOnError !== undefined && !/^[2-5]\d\d$/.test(String(statusOnError)))
    return `unsupported statusOnError ${statusOnError}`;
  if (body !== undefined && !(Number.isInteger(body.maxRequestBytes) && body.maxRequestBytes > 0))
    return "includeRequestBodyInCheck.maxRequestBytes must be greater than 0";
  return undefined;
}

const headerLists = [
  "includeRequestHeadersInCheck",
  "includeHeadersInCheck",
  "headersToUpstreamOnAllow",
  "headersToDownstreamOnDeny",
  "headersToDownstreamOnAllow",
] as const;

function httpFault(http: ExtAuthzHttp | undefined): string | undefined {
  if (http === undefined) return undefined;
  const { pathPrefix = "/" } = http;
  if (!pathPrefix.startsWith("/")) return `pathPrefix must begin with \`/\`, found: ${JSON.stringify(pathPrefix)}`;
  const wild = headerLists.find((name) => http[name]?.includes("*"));
  return wild === undefined
    ? undefined
    : `a single wildcard ("*") is not supported, change it to either prefix or suffix match: ${wild}`;
}
