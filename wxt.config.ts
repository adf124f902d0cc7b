/**
 * Build of the extension. Modes:
 * `store` (what people install: no simulator, no loopback), `development` (simulator and loopback servers),
 * `e2e` (development plus host permission for loopback, since no driver can click a permission prompt).
 */
import { defineConfig } from 'wxt';
import { withoutHtmlSinks } from './scripts/html-sinks.ts';

/** Public half of a throw-away key pair: it only fixes the extension id in Chrome. */
const chromeKey =
  'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAhpsr1knnFKZqVBfyafeaQRMxilHJj9I8ZyKN6XvcH6C9OZ5F+vY0/bI0ux1sr9PN' +
  '9VKN/Zn0EX5X7jtTPRlH8mytd+Crgajelk5d0zThXdOpelGvuhgnHUWNTKLmdfbFZUDX2bPHo5som4gDsCdzkdoRW+XXW1we9y2rWhQmzKn9' +
  'QR4p0OZ37WV9TI0WDrdP2HKv5CfOYuXei9W1wdgjwiP77fEJqvdyp5BZg6PDD5vL74csY5chb2QX3NoisLhRhFE64/300j1zhzEBv0SdiOLv' +
  'Ai955agMUHVD2KqxDAHIoxjA9TO54JiLjdnLnwCOxCFpdEetF1qslI6SMFGFewIDAQAB';

/** Local web chats count as sites like any other; a pattern without a port covers every port. */
const loopback = ['http://127.0.0.1/*', 'http://localhost/*'];
const sites = ['https://*/*', ...loopback];

/** Firefox picks by the text colour of its toolbar: `light` is the icon for light text. */
const themeIcons = [16, 32].map((size) => ({
  light: `icons/off-dark-${size}.png`,
  dark: `icons/off-light-${size}.png`,
  size,
}));

function contentSecurityPolicy(mode: string): string {
  const servers = mode === 'store' ? 'https:' : 'https: http://127.0.0.1:* http://localhost:*';
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ${servers}`,
    "base-uri 'none'",
    "form-action 'none'",
    'frame-ancestors https: http://127.0.0.1:* http://localhost:*',
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

export default defineConfig({
  srcDir: 'extension',
  publicDir: 'extension/public',
  outDir: 'dist/extension',
  outDirTemplate: '{{mode}}-{{browser}}',
  imports: false,
  manifestVersion: 3,
  webExt: { disabled: true },
  vite: ({ mode, browser }) => ({
    plugins: [withoutHtmlSinks()],
    define: {
      __WAXSEAL_SIMULATOR__: JSON.stringify(mode !== 'store'),
      __WAXSEAL_BROWSER__: JSON.stringify(browser),
    },
    build: {
      target: 'es2024',
      sourcemap: false,
      // Modules of the core only define things. Without this the simulator would stay in store builds: the
      // bundler cannot know that making its verifier has no effect.
      rolldownOptions: { treeshake: { moduleSideEffects: [{ test: /\/protocol\//, sideEffects: false }] } },
    },
  }),
  manifest: ({ browser, mode }) => ({
    name: '__MSG_extName__',
    description: '__MSG_extDescription__',
    default_locale: 'en',
    permissions: ['alarms', 'scripting', 'storage'],
    optional_host_permissions: sites,
    ...(mode === 'e2e' && { host_permissions: loopback }),
    content_security_policy: { extension_pages: contentSecurityPolicy(mode) },
    web_accessible_resources: [
      // A random address in each browser session: a page cannot ask "is Waxseal here?". Firefox has that anyway.
      {
        resources: ['composer.html', 'service.html'],
        matches: sites,
        ...(browser === 'chrome' && { use_dynamic_url: true }),
      },
    ],
    icons: { 16: 'icons/lit-any-16.png', 32: 'icons/lit-any-32.png', 128: 'icons/lit-any-128.png' },
    action: {
      default_icon: { 16: 'icons/off-any-16.png', 32: 'icons/off-any-32.png' },
      ...(browser === 'firefox' && { theme_icons: themeIcons }),
    },
    commands: {
      'open-panel': { suggested_key: { default: 'Alt+Shift+W' }, description: '__MSG_commandPanel__' },
      'focus-composer': { suggested_key: { default: 'Alt+Shift+S' }, description: '__MSG_commandComposer__' },
    },
    ...(browser === 'chrome'
      ? { key: chromeKey, incognito: 'split' as const, minimum_chrome_version: '130' }
      : {
          browser_specific_settings: {
            gecko: {
              id: '{72ffaafc-d32c-457d-8727-a5aa1f1e798f}',
              strict_min_version: '142.0',
              data_collection_permissions: { required: ['none'] },
            },
          },
        }),
  }),
});
