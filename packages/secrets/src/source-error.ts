/** A source of keys or secrets that cannot be opened as it is asked for: one line that says what would be right, and holds nothing secret. */
export class SourceError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SourceError";
  }
}
