// ONNX Runtime: node run.js MODEL.onnx INPUT THREADS   reads INPUT.shape and INPUT.bin, then obeys stdin.
//
// Requests, one per line, each answered by one line:
//   run N         run 2 + N times; answers the last N durations in nanoseconds
//   output FILE   write the results as float32, one after the other
//   quit
'use strict';
const fs = require('fs');
const readline = require('readline');
const ort = require('onnxruntime-node');

async function main([model, input, threads]) {
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    intraOpNumThreads: Number(threads),
    interOpNumThreads: 1,
  });
  const shape = fs.readFileSync(`${input}.shape`, 'utf8').trim().split(/\s+/).map(Number);
  const bytes = fs.readFileSync(`${input}.bin`);
  const pixels = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const feeds = { [session.inputNames[0]]: new ort.Tensor('float32', pixels, shape) };

  console.log(`ready ${require('onnxruntime-node/package.json').version}`);
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [word, argument] = line.trim().split(/\s+/);
    if (word === 'run') {
      const times = [];
      for (let i = -2; i < Number(argument); i++) {
        const start = process.hrtime.bigint();
        await session.run(feeds);
        const end = process.hrtime.bigint();
        if (i >= 0) times.push(end - start);
      }
      console.log(times.join(' '));
    } else if (word === 'output') {
      const results = await session.run(feeds);
      const all = session.outputNames.map((name) => results[name].data);
      fs.writeFileSync(argument, Buffer.concat(all.map((d) => Buffer.from(d.buffer, d.byteOffset, d.byteLength))));
      console.log('ok');
    } else {
      break;
    }
  }
  process.exit(0);
}

main(process.argv.slice(2)).catch((err) => {
  console.error(`onnxruntime: ${err.message}`);
  process.exit(1);
});
