import type { UserInfo } from "@sallyport/admission";
import type { GroupVersionKind, GroupVersionResource, KubeObject, ResourceInfo } from "@sallyport/kube";
import type { AuditRecord } from "../audit/auditor.ts";

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
  readonly fieldValidation: "Strict" | "Warn" | "Ignore";
  /** What admission is told of CreateOptions, UpdateOptions or DeleteOptions, beside their kind. */
  readonly options?: { readonly [field: string]: unknown };
  /** How admission sees the write, where that is not by the object itself. */
  readonly seen?: SeenWrite;
  /** Collects `Warning:` headers. */
  readonly warn: (text: string) => void;
  /** Collects audit annotations; those with a level are told from that level on. */
  readonly audit: AuditRecord["annotate"];
  /** Told of an object as it was sent. */
  readonly received?: AuditRecord["requestObject"];
}

/** A write by what is sent to a subresource: a Scale, an Eviction, the options of a command. */
export interface SeenWrite {
  readonly kind: GroupVersionKind;
  readonly resource: GroupVersionResource;
  readonly subResource: string;
  /** What shows the object, where one is updated that way. */
  readonly of?: (object: KubeObject) => KubeObject;
  /** The object with what is shown of it changed. */
  readonly into?: (shown: KubeObject, object: KubeObject) => KubeObject;
}

/** A body as it came: an object that nobody has looked at. */
export interface DecodedBody {
  readonly value: { readonly [field: string]: unknown };
  readonly strictErrors: readonly string[];
  readonly strictText?: string;
  readonly keys?: readonly string[];
  /** The JSON that it was read from. */
  readonly json?: string;
}

/** metav1.DeleteOptions. */
export interface DeleteOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly propagationPolicy?: "Orphan" | "Background" | "Foreground";
  readonly orphanDependents?: boolean;
  readonly gracePeriodSeconds?: number;
  readonly dryRun?: readonly string[];
  /** KEP-3926: delete what cannot be read. */
  readonly ignoreStoreReadErrorWithClusterBreakingPotential?: boolean;
}

/** May refuse the write of an object by who writes it, with a StatusError. `old` is null for a new one. */
export type Guard = (object: KubeObject, old: KubeObject | null, context: WriteContext) => void | Promise<void>;
