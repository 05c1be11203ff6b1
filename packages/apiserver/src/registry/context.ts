import type { UserInfo } from "@sallyport/admission";
import type { KubeObject, ResourceInfo } from "@sallyport/kube";

/** Where a write goes, who asks, and how. */
export interface WriteContext {
  readonly info: ResourceInfo;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** Who the changed fields will be managed by; when absent, nobody keeps account of them. */
  readonly fieldManager?: string;
  /** The subresource that `managedFields` name, when it is none by itself: `scale`. */
  readonly managedSubresource?: string;
  readonly fieldValidation: "Strict" | "Warn" | "Ignore";
  /** Collects `Warning:` headers. */
  readonly warn: (text: string) => void;
  /** Collects audit annotations. */
  readonly audit: (annotations: { readonly [key: string]: string }) => void;
}

/** A body as it came: an object that nobody has looked at. */
export interface DecodedBody {
  readonly value: { readonly [field: string]: unknown };
  readonly strictErrors: readonly string[];
}

/** metav1.DeleteOptions. */
export interface DeleteOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly propagationPolicy?: "Orphan" | "Background" | "Foreground";
  readonly orphanDependents?: boolean;
  readonly gracePeriodSeconds?: number;
  readonly dryRun?: readonly string[];
}

/** May refuse the write of an object by who writes it, with a StatusError. `old` is null for a new one. */
export type Guard = (object: KubeObject, old: KubeObject | null, context: WriteContext) => Promise<void>;
