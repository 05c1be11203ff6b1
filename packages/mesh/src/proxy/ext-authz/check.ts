import type { HttpCall } from "../../policy/call.ts";
import type { ExtensionProvider } from "../../policy/extension-provider.ts";
import type { OutboundTarget } from "../proxy-config.ts";
import type { HeaderChanges, Pairs } from "./header-changes.ts";

/** A provider, and where it is. */
export interface ProviderTarget {
  readonly provider: ExtensionProvider;
  readonly target: OutboundTarget;
}

/** What a provider is asked of: a request, or without `http` a connection. */
export interface Check {
  readonly source: { readonly ip: string; readonly port: number; readonly principal?: string };
  readonly destination: { readonly ip: string; readonly port: number; readonly principal?: string };
  readonly serverName?: string;
  readonly http?: HttpCheck;
}

export interface HttpCheck extends HttpCall {
  /** With its query, as it is sent on. */
  readonly target: string;
  readonly protocol: "HTTP/1.0" | "HTTP/1.1" | "HTTP/2";
  readonly isEncrypted: boolean;
  /** None where the provider does not want it. */
  readonly body?: Buffer;
  readonly isPartial?: boolean;
}

/** What a provider answered. */
export type CheckAnswer =
  | { readonly kind: "allowed"; readonly changes: HeaderChanges; readonly toClient: Pairs }
  | {
      readonly kind: "denied";
      readonly status: number;
      readonly headers: Pairs;
      readonly body: Buffer;
      /** What went wrong, where the provider itself did not refuse. */
      readonly fault?: string;
    };

/** A provider that could not be asked, or whose answer is none: as a sentence whose subject it is. */
export class CheckFault extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "CheckFault";
  }
}

/** What an answer may be at most; a refusal is a page, and no more. */
export const maxAnswerBytes = 1 << 20;
