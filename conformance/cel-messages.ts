import type { Library, Value } from "@sallyport/cel";
import type { TextMessage } from "./textproto.ts";

export const messages: Library = { name: "messages" };

export function createMessage(name: string, _fields: TextMessage): Value {
  throw new Error(`no message ${name}`);
}
