import type { Socket } from "node:net";
import { extAuthzOf, timeoutMsOf } from "../../policy/extension-provider.ts";
import type { OutboundTarget } from "../proxy-config.ts";
import { type Check, type CheckAnswer, CheckFault, type ProviderTarget } from "./check.ts";
import type { GrpcChecks } from "./grpc-check.ts";
import { areHeaders, noChanges } from "./header-changes.ts";
import type { HttpChecks } from "./http-check.ts";

/** Asks providers, and keeps connections to them. What speaks to a kind of them is loaded with the first that is asked. */
export class ProviderChecks {
  readonly #reach: (target: OutboundTarget) => Promise<Socket>;
  #http: Promise<HttpChecks> | undefined;
  #grpc: Promise<GrpcChecks> | undefined;

  constructor(reach: (target: OutboundTarget) => Promise<Socket>) {
    // An end of theirs is the end of the connection: it is of no use for another check.
    this.#reach = async (target) => Object.assign(await reach(target), { allowHalfOpen: false });
  }

  /** Never rejects: who cannot be asked has refused, unless the provider's settings say that it fails open. */
  async ask(provider: ProviderTarget | undefined, check: Check): Promise<CheckAnswer> {
    try {
      if (provider === undefined) throw new CheckFault("is nowhere");
      const answer = await this.#asked(provider, check);
      if (answer.kind === "denied" && !(answer.status >= 200 && answer.status <= 599))
        throw new CheckFault(`answered status ${answer.status}`);
      if (!areHeaders(pairsOf(answer))) throw new CheckFault("answered headers that are none");
      return answer;
    } catch (error) {
      return failed(provider, error as Error);
    }
  }

  close(): void {
    for (const each of [this.#http, this.#grpc]) each?.then((checks) => checks.close()).catch(() => {});
  }

  async #asked({ provider, target }: ProviderTarget, check: Check): Promise<CheckAnswer> {
    const { envoyExtAuthzHttp: http, envoyExtAuthzGrpc: grpc } = provider;
    if (http !== undefined) {
      this.#http ??= import("./http-check.ts").then(({ HttpChecks }) => new HttpChecks(this.#reach));
      return (await this.#http).ask(http, target, check, timeoutMsOf(http));
    }
    if (grpc === undefined) throw new CheckFault("is of no kind that authorizes");
    this.#grpc ??= import("./grpc-check.ts").then(({ GrpcChecks }) => new GrpcChecks(this.#reach));
    return (await this.#grpc).ask(grpc, target, check, timeoutMsOf(grpc));
  }
}

function pairsOf(answer: CheckAnswer) {
  if (answer.kind === "denied") return answer.headers;
  return [...answer.changes.set, ...answer.changes.append, ...answer.toClient];
}

function failed(provider: ProviderTarget | undefined, { message }: Error): CheckAnswer {
  const settings = provider === undefined ? undefined : extAuthzOf(provider.provider);
  if (settings?.failOpen === true) return { kind: "allowed", changes: noChanges, toClient: [] };
  const status = Number(settings?.statusOnError ?? 403);
  return { kind: "denied", status, headers: [], body: Buffer.alloc(0), fault: message };
}
