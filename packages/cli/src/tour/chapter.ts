/** One command of the lesson and what must come of it. It runs in the chapter's folder; `SCRATCH` in its words is an empty one of this play. */
export type Command = Expectation &
  (
    | { readonly kubectl: readonly string[] }
    | { readonly opa: readonly string[] }
    | { readonly curl: readonly string[] }
    | {
        /** Any other program of the machine, with its name: passed over, which is told, where the machine has none. */
        readonly program: readonly string[];
        readonly stays?: boolean;
      }
    | {
        readonly sallyport: readonly string[];
        /** It goes on beside the commands after it, until the chapter ends; what it must print comes first. */
        readonly stays?: boolean;
      }
  );

/** What must come of a command. */
export interface Expectation {
  /** `refused`: the command must fail; the default is that it must succeed. */
  readonly outcome?: "done" | "refused";
  /** All must match what was printed, stdout and stderr together. */
  readonly expect?: readonly RegExp[];
  /** None may match. */
  readonly unexpected?: readonly RegExp[];
  /** A look at what the server writes later: asked again for a while, until the answer is the expected one. */
  readonly eventually?: boolean;
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
  /** What the machine must have for it; it is skipped, and says so, where that lacks. */
  readonly needs?: { readonly root: boolean; readonly programs: readonly string[] };
  /** Arguments of kubectl that remove what an earlier play left; they run silently and may find nothing. */
  readonly cleanUp: readonly (readonly string[])[];
  readonly scenes: readonly Scene[];
}
