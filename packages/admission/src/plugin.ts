import type { KubeObject, Status } from "@sallyport/kube";
import type { Reason } from "./decision.ts";
import type { Reinvocation } from "./reinvocation.ts";
import type { Operation, Request } from "./request.ts";
import type { ChainEffects, Snapshot } from "./snapshot.ts";

/** What a plugin answers for one phase. `admit` turns it into a `Step`, computing the patch and the cost. */
export type PluginResult =
  | {
      readonly outcome: "skipped" | "admitted";
      readonly why: string;
      readonly warnings?: readonly string[];
      readonly auditAnnotations?: Annotations;
      readonly patchAnnotations?: Annotations;
      readonly reasons?: readonly Reason[];
    }
  | {
      readonly outcome: "mutated";
      readonly why: string;
      readonly object: KubeObject;
      readonly warnings?: readonly string[];
      readonly auditAnnotations?: Annotations;
      readonly patchAnnotations?: Annotations;
    }
  | {
      readonly outcome: "denied" | "errored";
      readonly why: string;
      readonly status: Status;
      readonly reasons: readonly Reason[];
      readonly warnings?: readonly string[];
      readonly auditAnnotations?: Annotations;
      readonly patchAnnotations?: Annotations;
    };

export type Annotations = { readonly [key: string]: string };

export interface PluginContext {
  readonly request: Request;
  readonly snapshot: Snapshot;
  readonly effects: ChainEffects;
  /** Of this request's mutating phase. */
  readonly reinvocation: Reinvocation;
}

export type PluginFunction = (context: PluginContext) => PluginResult | Promise<PluginResult>;

/** One admission plugin, named exactly as kube-apiserver names it. */
export interface Plugin {
  readonly name: string;
  readonly operations: readonly Operation[];
  readonly mutate?: PluginFunction;
  readonly validate?: PluginFunction;
  /** Resources of its own, as CustomResourceDefinitions: a server serves them while the plugin is in its chain, and keeps those whose groups have a dot among its objects. */
  readonly definitions?: readonly KubeObject[];
}
