/**
 * OPA's intermediate representation, with the names of its JSON: https://www.openpolicyagent.org/docs/ir
 * Local 0 is `input`, local 1 is `data`. A statement that is undefined ends the block it stands in.
 */
export interface Policy {
  readonly static: Static;
  readonly plans: { readonly plans: readonly Plan[] };
  readonly funcs: { readonly funcs: readonly Func[] };
  /** What `narrowed` of loops refers to. Not a part of OPA's IR: who does not know it evaluates the same. */
  readonly joins?: readonly Join[];
}

/**
 * Nested loops over base data of which only those rounds matter where something found in them equals a value that is known before: see
 * plan/joins.ts.
 */
export interface Join {
  /** Of the document that the outermost loop goes over, below `data`. */
  readonly prefix: readonly string[];
  /** From there to what is compared; null for each loop, and for each member of a collection in which the value is looked for. */
  readonly steps: readonly (string | number | null)[];
  /** What is compared is the key of the last loop, not a value. */
  readonly isKey: boolean;
  /** Calls that what is found goes through before it is compared, in order. */
  readonly calls: readonly JoinCall[];
  /** Rounds that do not matter call builtins that may fail: where that ends the query, all rounds must be run. */
  readonly mayFail: boolean;
}

/** A call; null stands for its one argument that is not constant. */
export interface JoinCall {
  readonly func: string;
  readonly args: readonly (Operand | null)[];
}

/** A loop's part in a join. */
export interface Narrowed {
  /** Position among the policy's joins. */
  readonly join: number;
  /** How many loops of the join stand around this one. */
  readonly level: number;
  /** With level 0: what the rounds that matter must find. */
  readonly value?: Operand;
  /** The value is an array, of which one member must be found. */
  readonly isAny?: true;
}

export interface Static {
  readonly strings: readonly { readonly value: string }[];
  readonly builtin_funcs?: readonly { readonly name: string; readonly decl?: unknown }[];
  readonly files?: readonly { readonly value: string }[];
}

export interface Plan {
  readonly name: string;
  readonly blocks: readonly Block[];
}

export interface Func {
  readonly name: string;
  readonly path?: readonly string[];
  /** Locals of the arguments; the first two are input and data. */
  readonly params: readonly number[];
  readonly return: number;
  readonly blocks: readonly Block[];
}

export interface Block {
  readonly stmts: readonly Stmt[];
}

export type Operand =
  | { readonly type: "local"; readonly value: number }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string_index"; readonly value: number };

export interface Place {
  readonly file?: number;
  readonly row?: number;
  readonly col?: number;
}

type S<Type extends string, Fields> = { readonly type: Type; readonly stmt: Fields & Place };

export type Stmt =
  | S<"ArrayAppendStmt", { readonly array: number; readonly value: Operand }>
  | S<"AssignIntStmt", { readonly value: number; readonly target: number }>
  | S<"AssignVarOnceStmt", { readonly source: Operand; readonly target: number }>
  | S<"AssignVarStmt", { readonly source: Operand; readonly target: number }>
  | S<"BlockStmt", { readonly blocks: readonly Block[] | null }>
  | S<"BreakStmt", { readonly index: number }>
  | S<
      "CallDynamicStmt",
      { readonly path: readonly Operand[]; readonly args: readonly number[]; readonly result: number }
    >
  | S<"CallStmt", { readonly func: string; readonly args: readonly Operand[] | null; readonly result: number }>
  | S<
      "DotStmt",
      {
        readonly source: Operand;
        readonly key: Operand;
        readonly target: number;
        /** In base data, where keys are texts: see `lookupBase`. Not one of OPA's fields. */
        readonly isBase?: true;
      }
    >
  | S<"EqualStmt", { readonly a: Operand; readonly b: Operand }>
  | S<"IsArrayStmt", { readonly source: Operand }>
  | S<"IsDefinedStmt", { readonly source: number }>
  | S<"IsObjectStmt", { readonly source: Operand }>
  | S<"IsSetStmt", { readonly source: Operand }>
  | S<"IsUndefinedStmt", { readonly source: number }>
  | S<"LenStmt", { readonly source: Operand; readonly target: number }>
  | S<"MakeArrayStmt", { readonly capacity: number; readonly target: number }>
  | S<"MakeNullStmt", { readonly target: number }>
  | S<"MakeNumberIntStmt", { readonly value: number; readonly target: number }>
  | S<"MakeNumberRefStmt", { readonly Index: number; readonly target: number }>
  | S<"MakeObjectStmt", { readonly target: number }>
  | S<"MakeSetStmt", { readonly target: number }>
  | S<"NopStmt", object>
  | S<"NotEqualStmt", { readonly a: Operand; readonly b: Operand }>
  | S<"NotStmt", { readonly block: Block }>
  | S<"ObjectInsertOnceStmt", { readonly key: Operand; readonly value: Operand; readonly object: number }>
  | S<"ObjectInsertStmt", { readonly key: Operand; readonly value: Operand; readonly object: number }>
  | S<"ObjectMergeStmt", { readonly a: number; readonly b: number; readonly target: number }>
  | S<"ResetLocalStmt", { readonly target: number }>
  | S<"ResultSetAddStmt", { readonly value: number }>
  | S<"ReturnLocalStmt", { readonly source: number }>
  | S<
      "ScanStmt",
      {
        readonly source: number;
        readonly key: number;
        readonly value: number;
        readonly block: Block;
        readonly narrowed?: Narrowed;
      }
    >
  | S<"SetAddStmt", { readonly value: Operand; readonly set: number }>
  | S<
      "WithStmt",
      {
        readonly local: number;
        readonly path: readonly number[] | null;
        readonly value: Operand;
        readonly block: Block;
        /** The path has keys that are no strings: the evaluation ends here. Ours: plans that are printed do not tell it. */
        readonly isBad?: true;
      }
    >;
