import { RE2JS } from "re2js";
import type { Slot } from "./slots.ts";
import { SopsError } from "./sops-error.ts";

/** Which values are encrypted, in sops' names. At most one of those. */
export interface Selection {
  readonly unencrypted_suffix?: string;
  readonly encrypted_suffix?: string;
  readonly unencrypted_regex?: string;
  readonly encrypted_regex?: string;
  readonly unencrypted_comment_regex?: string;
  readonly encrypted_comment_regex?: string;
}

export const selectionFields = [
  "unencrypted_suffix",
  "encrypted_suffix",
  "unencrypted_regex",
  "encrypted_regex",
  "unencrypted_comment_regex",
  "encrypted_comment_regex",
] as const;

/** What counts where nothing is said. */
export const defaultSelection: Selection = { unencrypted_suffix: "_unencrypted" };

/** Whether the value of a slot is encrypted. Throws `SopsError` for two rules at once, and for patterns that RE2 does not know. */
export function selector(selection: Selection): (slot: Slot) => boolean {
  const given = selectionFields.filter((field) => (selection[field] ?? "") !== "");
  if (given.length > 1) throw new SopsError(`${given.join(" and ")}: only one of them can be`);
  const field = given[0] ?? "unencrypted_suffix";
  const told = selection[field] ?? (defaultSelection.unencrypted_suffix as string);
  const isNegative = field.startsWith("unencrypted");
  if (field.endsWith("suffix")) return ({ path }) => path.some((name) => name.endsWith(told)) !== isNegative;
  const pattern = patternOf(told, field);
  const matches = (text: string) => pattern.matcher(text).find();
  if (!field.endsWith("comment_regex")) return ({ path }) => path.some(matches) !== isNegative;
  if (isNegative) return ({ comments }) => !comments.some((lines) => lines.some(matches));
  return (slot) => othersOf(slot).some((lines) => lines.some(matches));
}

/** A comment is not encrypted by what it says itself. */
function othersOf({ comments, isComment }: Slot): readonly (readonly string[])[] {
  return isComment ? [...comments.slice(0, -1), (comments.at(-1) ?? []).slice(0, -1)] : comments;
}

function patternOf(pattern: string, field: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new SopsError(`${field}: ${(error as Error).message}`);
  }
}
