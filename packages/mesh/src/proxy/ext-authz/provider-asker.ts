import type { Asking, Call } from "../../policy/call.ts";
import { type ExtAuthz, extAuthzOf } from "../../policy/extension-provider.ts";
import type { Check, CheckAnswer, HttpCheck, ProviderTarget } from "./check.ts";
import type { ProviderChecks } from "./provider-checks.ts";

/** What is the same for all checks of one connection. */
export interface AskerOptions {
  readonly checks: ProviderChecks;
  readonly provider: (name: string) => ProviderTarget | undefined;
  /** Of who connected. */
  readonly sourcePort: number;
  /** Who the workload is, without the scheme of its SPIFFE ID. */
  readonly ownPrincipal: string | undefined;
}

/** Asks providers of one connection and its requests. */
export class ProviderAsker {
  readonly #options: AskerOptions;

  constructor(options: AskerOptions) {
    this.#options = options;
  }

  /** What a provider's settings say of a request's body; undefined where it does not want it. */
  bodyOf({ provider }: Asking): ExtAuthz["includeRequestBodyInCheck"] {
    const known = this.#options.provider(provider)?.provider;
    return known === undefined ? undefined : extAuthzOf(known)?.includeRequestBodyInCheck;
  }

  /** Never rejects. */
  ask({ provider }: Asking, call: Call, http?: HttpCheck): Promise<CheckAnswer> {
    const { checks, sourcePort, ownPrincipal } = this.#options;
    const check: Check = {
      source: { ...call.source, port: sourcePort },
      destination: { ...call.destination, ...(ownPrincipal !== undefined && { principal: ownPrincipal }) },
      ...(call.serverName !== undefined && { serverName: call.serverName }),
      ...(http !== undefined && { http }),
    };
    return checks.ask(this.#options.provider(provider), check);
  }
}

/** One line: which policy asked, and what came of it. */
export function refusalBy(
  { provider, policy, rule }: Asking,
  { fault }: Extract<CheckAnswer, { readonly kind: "denied" }>,
): string {
  const name = JSON.stringify(provider);
  const told = fault === undefined ? `the provider ${name} refuses it` : `the provider ${name} ${fault}`;
  return `CUSTOM by ${policy}, rule ${rule}: ${told}`;
}
