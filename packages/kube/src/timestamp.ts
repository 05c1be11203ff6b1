/** The second that was written last, and how: many writes are made in one. */
let last = { second: Number.NaN, text: "" };

/** metav1.Time, as Kubernetes writes times: to the second. */
export function timestampOf(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1000);
  if (second !== last.second) last = { second, text: `${new Date(milliseconds).toISOString().slice(0, 19)}Z` };
  return last.text;
}
