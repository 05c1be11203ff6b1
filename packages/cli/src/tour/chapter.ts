/** One command of the lesson and what must come of it. */
export interface Command {
  /** Arguments of kubectl; a `-f` file lies in the chapter's folder. */
  readonly kubectl: readonly string[];
  /** `refused`: kubectl must fail; the default is that it must succeed. */
  readonly outcome?: "done" | "refused";
  /** All must match what kubectl printed, stdout and stderr together. */
  readonly expect?: readonly RegExp[];
  /** None may match. */
  readonly unexpected?: readonly RegExp[];
}

/** A step of the lesson: what is about to be seen, the commands, and what they showed. */
export interface Scene {
  readonly title: string;
  readonly before: string;
  readonly commands: readonly Command[];
  readonly after: string;
}

/** A chapter leaves everything there to play with, and can be played again. */
export interface Chapter {
  readonly name: string;
  readonly title: string;
  /** Where its files lie, below the package's `tour/`. */
  readonly folder: string;
  /** Removes what an earlier play left; runs silently and may find nothing. */
  readonly cleanUp: readonly (readonly string[])[];
  readonly scenes: readonly Scene[];
}
