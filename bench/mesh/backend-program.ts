import { createServer } from "node:net";
import { bulkSign, responseBytes } from "./workload.ts";

// The application: an answer for each request that comes in one piece, or bytes without an end.
const head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n";
const bodyBytes = 1000;
const answer = Buffer.from(`${head}content-length: ${bodyBytes}\r\n\r\n${"x".repeat(bodyBytes)}`);
if (answer.length !== responseBytes) throw new Error(`an answer has ${answer.length} bytes`);
const chunk = Buffer.alloc(65_536, 120);

createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
  const flood = () => {
    while (socket.write(chunk));
  };
  socket.on("error", () => {});
  socket.on("end", () => socket.end());
  socket.on("data", (data) => {
    if (data[0] !== bulkSign) socket.write(answer);
    else {
      socket.on("drain", flood);
      flood();
    }
  });
}).listen(Number(process.argv[2]), "127.0.0.1");
