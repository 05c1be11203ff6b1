import type { Chapter } from "./chapter.ts";
import { gate } from "./gate.ts";
import { rego } from "./rego.ts";

/** The chapters that exist, in the order of the lesson. */
export const chapters: readonly Chapter[] = [gate, rego];
