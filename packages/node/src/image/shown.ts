/** A text of an image's, for a message: quoted, and no longer than a line bears. */
export function shown(text: unknown): string {
  const whole = String(text);
  return JSON.stringify(whole.length > 200 ? `${whole.slice(0, 200)}…` : whole);
}
