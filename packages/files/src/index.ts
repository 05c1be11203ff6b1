export { writeWhole, writeWholeSync } from "./write-whole.ts";
