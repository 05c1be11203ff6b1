import type { Chapter } from "./chapter.ts";
import { gate } from "./gate.ts";

/** The chapters that exist, in the order of the lesson. */
export const chapters: readonly Chapter[] = [gate];
