import type { Clock } from "./work-queue.ts";

/** metav1.Time: now, to the second. */
export function stamp({ now }: Pick<Clock, "now">): string {
  return `${new Date(now()).toISOString().slice(0, 19)}Z`;
}
