import type { Library } from "../check/environment.ts";
import { BYTES, STRING } from "../check/type.ts";
import { base64FromBytes, bytesFromBase64 } from "../value/base64.ts";
import { CelError } from "../value/value.ts";
import { declare, global } from "./declare.ts";

/** cel-go's encoders extension. */
export const encoders: Library = {
  name: "encoders",
  functions: [
    declare(
      "base64.decode",
      global(
        "base64_decode_string",
        [STRING],
        BYTES,
        (text: string) => bytesFromBase64(text) ?? new CelError("illegal base64 data"),
      ),
    ),
    declare("base64.encode", global("base64_encode_bytes", [BYTES], STRING, base64FromBytes)),
  ],
};
