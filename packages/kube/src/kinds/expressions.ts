import type { FieldError } from "../names.ts";
import type { KubeObject } from "../object.ts";
import type { Fields } from "./rules.ts";

/** What an expression of a policy is for: it decides what it may read, and of which type it must be. */
export type ExpressionRole = "condition" | "validation" | "message" | "annotation" | "ApplyConfiguration" | "JSONPatch";

/** The expressions of one policy or webhook. */
export interface PolicyExpressions {
  /** Why a text is no expression of its role, in kube-apiserver's words; undefined for one that is. */
  readonly fault: (text: string, role: ExpressionRole) => string | undefined;
  /** The same for a variable, which all expressions after it may read. */
  readonly declare: (name: string, text: string) => string | undefined;
}

/** What is wrong with an expression that selects devices: it is none, or it may cost too much. */
export type DeviceFault = { readonly fault: string } | { readonly isTooComplex: true };

/** Reads for rules what this room knows nothing of: CEL, and certificates. */
export interface Expressions {
  /** `hasVariables`: `variables` may be read, whatever it has. */
  readonly ofPolicy: (options: { readonly hasParams: boolean; readonly hasVariables: boolean }) => PolicyExpressions;
  /** Why a text selects no devices. */
  readonly deviceFault: (text: string) => DeviceFault | undefined;
  /** Why a text in base64 is no PKCS #10 request in PEM. */
  readonly requestFault: (base64: string) => string | undefined;
  /** What is wrong with trust anchors in PEM, a text each. */
  readonly trustBundleFaults: (pem: string) => readonly string[];
  /** What is wrong with the key that the spec of a PodCertificateRequest brings, and with the proof that its pod's kubelet has it. */
  readonly podKeyErrors: (spec: Fields) => readonly FieldError[];
  /** What is wrong with a PodCertificateRequest that is issued: its chain and its times. */
  readonly issuedChainErrors: (object: KubeObject) => readonly FieldError[];
  /** Why a certificate and a key, each in base64, are no pair for TLS. */
  readonly keyPairFault: (certificate: string, key: string) => string | undefined;
}

/** Where nobody compiles, every text will do. */
export const uncompiled: Expressions = {
  ofPolicy: () => ({ fault: () => undefined, declare: () => undefined }),
  deviceFault: () => undefined,
  requestFault: () => undefined,
  trustBundleFaults: () => [],
  podKeyErrors: () => [],
  issuedChainErrors: () => [],
  keyPairFault: () => undefined,
};
