/** A name as pods and containers may have it. */
export function podName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, "-")
    .slice(0, 63)
    .replace(/^-+|-+$/g, "");
  return name === "" ? "app" : name;
}
