/** Runs a log: `node transparency-log/main.ts FOLDER [PORT [HOST]]`. `waxseal log serve` does the same with options. */
import { CodedError } from '../protocol/errors.ts';
import { serveLog, untilStopped } from './serve.ts';

const [folder, port = '4001', host = '127.0.0.1'] = process.argv.slice(2);
if (folder === undefined) {
  console.error('Usage: node transparency-log/main.ts FOLDER [PORT [HOST]]');
  process.exitCode = 30;
} else {
  try {
    const { app, url } = await serveLog({
      folder,
      host,
      port: Number(port),
      onProblem: ({ message }) => console.error(message),
    });
    console.log(`The log listens on ${url}`);
    await untilStopped(app);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
