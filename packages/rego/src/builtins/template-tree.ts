/** The parse tree of a template: https://pkg.go.dev/text/template. Positions count characters from 0. */
export type TemplateNode =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly pipe: Pipe }
  | {
      readonly kind: "if" | "with" | "range";
      readonly pipe: Pipe;
      readonly body: TemplateList;
      readonly otherwise: TemplateList;
    }
  | (Place & { readonly kind: "template"; readonly name: string; readonly pipe: Pipe | undefined })
  | { readonly kind: "break" | "continue" };

export type TemplateList = readonly TemplateNode[];

/** Where it stands, and how Go writes it: what a fault says of what was evaluated last. */
export interface Place {
  readonly at: number;
  readonly text: string;
}

export interface Pipe extends Place {
  /** Variables that are declared, or set where `isAssignment`. */
  readonly names: readonly string[];
  readonly isAssignment: boolean;
  readonly commands: readonly Command[];
}

export interface Command extends Place {
  readonly args: readonly Operand[];
}

export type Operand = Place &
  (
    | { readonly kind: "dot" | "nil" }
    | { readonly kind: "field"; readonly fields: readonly string[] }
    | { readonly kind: "variable"; readonly name: string; readonly fields: readonly string[] }
    | { readonly kind: "function"; readonly name: string }
    | { readonly kind: "number"; readonly value: bigint | number | undefined }
    | { readonly kind: "string"; readonly value: string }
    | { readonly kind: "boolean"; readonly value: boolean }
    | { readonly kind: "pipe"; readonly pipe: Pipe; readonly fields: readonly string[] }
  );

/** The templates of one text: the one of the text itself, and those that it defines. */
export type Templates = ReadonlyMap<string, TemplateList>;

/** What OPA calls the template that it renders. */
export const rootName = "template";
