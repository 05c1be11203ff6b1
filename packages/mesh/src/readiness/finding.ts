import type { MeshView, ServedPort } from "../view/mesh-view.ts";
import type { Traffic } from "./traffic.ts";

/** What becomes of callers of a port when it is STRICT: worst first. */
export const grades = ["certain", "likely", "unknown", "safe"] as const;

export type Grade = (typeof grades)[number];

/** Somebody who calls a port without the mesh's TLS, or may do so. */
export interface Finding {
  /** `certain`: he breaks; `likely`: he breaks if he calls, and something says that he does; `unknown`: nothing says that he does not. */
  readonly grade: Exclude<Grade, "safe">;
  /** By what he was found. */
  readonly source: string;
  readonly client: string;
  /** One line: why he would break. */
  readonly reason: string;
  /** What he sends: plaintext, or TLS that is not the mesh's. */
  readonly sends: "plaintext" | "foreign";
  /** What would be better than an exception. */
  readonly better?: string;
  /** Where what says so was read. */
  readonly place?: string;
}

/** One way to find callers. */
export interface FindingSource {
  readonly name: string;
  find(view: MeshView, port: ServedPort, traffic: Traffic): readonly Finding[];
}

/** The worse of two. */
export function worst(all: readonly Grade[]): Grade {
  return grades.find((grade) => all.includes(grade)) ?? "safe";
}
