/**
 * How sure it is that a value is a secret: `high`, its format says so or its name and its randomness both do; `medium`, its name does;
 * `low`, a placeholder, a hash of a password, or randomness alone; `info`, it lies where secrets belong, in a Secret's own data.
 */
export type Confidence = "info" | "low" | "medium" | "high";

/** From the least on. */
export const confidences: readonly Confidence[] = ["info", "low", "medium", "high"];

export function isAtLeast(confidence: Confidence, least: Confidence): boolean {
  return confidences.indexOf(confidence) >= confidences.indexOf(least);
}

/** A part of a text that is a secret, before anything is known of where the text stands. Never printed. */
export interface Candidate {
  /** The rule's id, as `github-token`. */
  readonly rule: string;
  /** What it is, for people: `a GitHub token`. */
  readonly what: string;
  readonly confidence: Confidence;
  readonly value: string;
  /** Where the value begins in the text, in UTF-16 units. */
  readonly offset: number;
  /** What it is assigned to in the text, where it is a part of one. */
  readonly assignedTo?: string;
}

/** The object in whose manifest something was found. */
export interface ObjectPlace {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** A secret that was found. Holds nothing of it but what `masked` shows. */
export interface Finding {
  readonly rule: string;
  readonly what: string;
  readonly confidence: Confidence;
  /** As the user named it. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** Absent in files without manifests, as Helm's values. */
  readonly object?: ObjectPlace;
  /** Where in the object, as `spec.containers[0].env[1].value`; ` > ` goes into what is nested in a text. Empty outside of any structure. */
  readonly path: string;
  readonly masked: string;
  readonly fingerprint: string;
}
