/** Builds the gallery and serves it under the extension's own content security policy. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { withoutHtmlSinks } from '../../../../scripts/html-sinks.ts';
import { inProduction } from '../../../../scripts/in-production.ts';

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

export interface Gallery {
  readonly address: string;
  close(): Promise<void>;
}

export async function serveGallery(): Promise<Gallery> {
  const out = await mkdtemp(join(tmpdir(), 'waxseal-gallery-'));
  await inProduction(() =>
    build({
      root: fileURLToPath(new URL('.', import.meta.url)),
      configFile: false,
      logLevel: 'error',
      base: './',
      plugins: [withoutHtmlSinks()],
      build: { outDir: out, emptyOutDir: true, target: 'es2024', modulePreload: { polyfill: false } },
    }),
  );
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://gallery').pathname;
    const name = path === '/' ? '/index.html' : path;
    const body = await readFile(join(out, name)).catch(() => null);
    response.writeHead(body === null ? 404 : 200, {
      'content-type': types[extname(name)] ?? 'application/octet-stream',
      'content-security-policy': policy,
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/`,
    async close() {
      await new Promise((resolve) => server.close(resolve));
      await rm(out, { recursive: true, force: true });
    },
  };
}
