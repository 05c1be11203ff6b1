import type { IncomingMessage, ServerResponse } from "node:http";
import type { UserInfo } from "@sallyport/admission";
import type { KubeObject, Status } from "@sallyport/kube";
import type { Impersonated } from "../authentication/impersonation.ts";
import { isLongRunning, type RequestInfo } from "../http/request-info.ts";
import { type AuditLevel, type AuditPolicy, auditLevel, type Level, levels, type Stage } from "./policy.ts";

/** An audit.k8s.io/v1 Event. */
export type AuditEvent = { readonly [field: string]: unknown };

export interface AuditOptions {
  readonly policy: AuditPolicy;
  /** Takes each event; it must not throw. */
  readonly sink: (event: AuditEvent) => void;
  /** Told which level the policy chose for each request. */
  readonly onLevel?: (level: Level) => void;
}

/** What is known of one request, told to the sink at its stages. */
export interface AuditRecord {
  /** Those that are told from a level on only, where the policy's level is lower, are not. */
  readonly annotate: (annotations: { readonly [key: string]: string }, from?: Level) => void;
  readonly impersonated: (other: Impersonated) => void;
  /** The body as it came; `decode` is called only when the policy wants it. */
  readonly requestBody: (decode: () => unknown) => void;
  /** The body as an object of its kind; `complete` gives it defaults, and is called only when the policy wants it. */
  readonly requestObject: (object: KubeObject, complete: () => KubeObject) => void;
  readonly responseBody: (body: object) => void;
}

/** Of requests that nobody is told of. */
export const silentRecord: AuditRecord = {
  annotate: () => {},
  impersonated: () => {},
  requestBody: () => {},
  requestObject: () => {},
  responseBody: () => {},
};

/** Begins the record of a request; it ends with the response. */
export function beginAudit(
  { policy, sink, onLevel }: AuditOptions,
  request: IncomingMessage,
  response: ServerResponse,
  { info, user, now }: { readonly info: RequestInfo; readonly user: UserInfo; readonly now: () => number },
): AuditRecord {
  const chosen = auditLevel(policy, user, info);
  onLevel?.(chosen.level);
  if (chosen.level === "None") return silentRecord;
  const record = new Record(chosen, request, response, { info, user, now, sink });
  record.tell("RequestReceived");
  if (isLongRunning(info)) record.tellStart();
  response.once("close", () => record.tell("ResponseComplete"));
  return record;
}

/** The record of a request whose credentials were refused: told of once, when it is answered, and of nobody. */
export function auditRefusal(
  { policy, sink, onLevel }: AuditOptions,
  request: IncomingMessage,
  response: ServerResponse,
  { info, now }: { readonly info: RequestInfo; readonly now: () => number },
): AuditRecord {
  const chosen = auditLevel(policy, nobody, info);
  onLevel?.(chosen.level);
  if (chosen.level === "None") return silentRecord;
  const record = new Record(chosen, request, response, { info, user: undefined, now, sink });
  response.once("close", () => record.tell("ResponseStarted"));
  return record;
}

const nobody: UserInfo = { username: "", groups: [] };

interface Asked {
  readonly info: RequestInfo;
  /** Undefined where credentials were refused. */
  readonly user: UserInfo | undefined;
  readonly now: () => number;
  readonly sink: (event: AuditEvent) => void;
}

class Record implements AuditRecord {
  readonly #chosen: AuditLevel;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #asked: Asked;
  readonly #received: string;
  readonly #annotations: { [key: string]: string } = {};
  #impersonated: Impersonated | undefined;
  #requestObject: unknown;
  /** Of what was sent; the reference tells of it at all levels. */
  #sent: KubeObject["metadata"] | undefined;
  #responseObject: object | undefined;

  constructor(chosen: AuditLevel, request: IncomingMessage, response: ServerResponse, asked: Asked) {
    this.#chosen = chosen;
    this.#request = request;
    this.#response = response;
    this.#asked = asked;
    this.#received = microTime(asked.now());
  }

  annotate(annotations: { readonly [key: string]: string }, from: Level = "Metadata"): void {
    if (!this.#isAtLeast(from)) return;
    // The first to say something has said it; kube-apiserver overwrites none either.
    for (const [key, value] of Object.entries(annotations)) this.#annotations[key] ??= value;
  }

  impersonated(other: Impersonated): void {
    this.#impersonated = other;
  }

  requestBody(decode: () => unknown): void {
    if (!this.#isAtLeast("Request")) return;
    try {
      this.#requestObject = decode();
    } catch {
      // What cannot be read is refused by whoever needs it; there is no object to tell of.
    }
  }

  requestObject({ metadata }: KubeObject, complete: () => KubeObject): void {
    this.#sent = metadata;
    if (this.#isAtLeast("Request")) this.#requestObject = complete();
  }

  responseBody(body: object): void {
    this.#responseObject = body;
  }

  /** The stream has begun when its head is sent: nothing else tells of that. */
  tellStart(): void {
    const { writeHead } = this.#response;
    this.#response.writeHead = ((...args: Parameters<typeof writeHead>) => {
      this.#response.writeHead = writeHead;
      const answer = writeHead.apply(this.#response, args);
      if (this.#response.statusCode < 400) this.tell("ResponseStarted");
      return answer;
    }) as typeof writeHead;
  }

  tell(stage: Stage): void {
    if (this.#chosen.omitStages.has(stage)) return;
    const { info, user, now, sink } = this.#asked;
    const isReceived = stage === "RequestReceived";
    const withRequest = !isReceived && this.#isAtLeast("Request") && this.#requestObject !== undefined;
    const withResponse = !isReceived && this.#isAtLeast("RequestResponse") && this.#responseObject !== undefined;
    sink({
      kind: "Event",
      apiVersion: "audit.k8s.io/v1",
      level: this.#chosen.level,
      auditID: String(this.#response.getHeader("audit-id")),
      stage,
      requestURI: this.#request.url ?? "",
      verb: info.verb,
      user: user ?? {},
      ...impersonationOf(this.#impersonated),
      sourceIPs: sourcesOf(this.#request),
      ...(this.#request.headers["user-agent"] === undefined
        ? {}
        : { userAgent: this.#request.headers["user-agent"].slice(0, maxAgent) }),
      ...(info.isResource ? { objectRef: this.#reference() } : {}),
      ...(isReceived ? {} : { responseStatus: this.#status() }),
      ...(withRequest ? { requestObject: this.#cleaned(this.#requestObject) } : {}),
      ...(withResponse ? { responseObject: this.#cleaned(this.#responseObject) } : {}),
      requestReceivedTimestamp: this.#received,
      stageTimestamp: isReceived ? this.#received : microTime(now()),
      ...(Object.keys(this.#annotations).length === 0 ? {} : { annotations: this.#annotations }),
    });
  }

  #isAtLeast(level: Level): boolean {
    return levels.indexOf(this.#chosen.level) >= levels.indexOf(level);
  }

  #reference(): object {
    const { resource, namespace, name, group, version, subresource } = this.#asked.info;
    const sent = this.#sent ?? ((this.#requestObject ?? {}) as { metadata?: KubeObject["metadata"] }).metadata;
    const fields = {
      resource,
      namespace,
      name: name || sent?.name,
      uid: sent?.uid,
      apiGroup: group,
      apiVersion: version,
      resourceVersion: sent?.resourceVersion,
      subresource,
    };
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ""));
  }

  #status(): object {
    const body = this.#responseObject as Partial<Status> | undefined;
    const code = this.#response.statusCode;
    if (body?.kind !== "Status") return { metadata: {}, code };
    const { status, message, reason, details } = body;
    return JSON.parse(JSON.stringify({ metadata: {}, status, message, reason, details, code })) as object;
  }

  #cleaned(object: unknown): unknown {
    if (!this.#chosen.omitManagedFields) return object;
    return withoutManagedFields(object);
  }
}

function impersonationOf(other: Impersonated | undefined): object {
  if (other === undefined) return {};
  const { user, constraint } = other;
  if (constraint === undefined) return { impersonatedUser: user };
  return { impersonatedUser: user, authenticationMetadata: { impersonationConstraint: constraint } };
}

/** kube-apiserver cuts longer ones too. */
const maxAgent = 1024;

function withoutManagedFields(object: unknown): unknown {
  if (typeof object !== "object" || object === null || Array.isArray(object)) return object;
  const { metadata, items } = object as { metadata?: { [field: string]: unknown }; items?: readonly unknown[] };
  const { managedFields: _, ...kept } = metadata ?? {};
  return {
    ...object,
    ...(metadata === undefined ? {} : { metadata: kept }),
    ...(Array.isArray(items) ? { items: items.map(withoutManagedFields) } : {}),
  };
}

/** The client that proxies name, then the one at the other end of the connection. */
function sourcesOf({ headers, socket }: IncomingMessage): readonly string[] {
  const named = [headers["x-forwarded-for"] ?? headers["x-real-ip"] ?? ""].flat().join(",");
  const remote = socket.remoteAddress ?? "";
  const all = [...named.split(",").map((each) => each.trim()), remote].filter(Boolean);
  return [...new Set(all)];
}

function microTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, -1)}000Z`;
}
