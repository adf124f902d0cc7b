/**
 * The browser's extension API with its types: those that WXT re-exports do not resolve under Node's module
 * rules and would be `any`.
 * @module
 */
import type { Browser } from '@wxt-dev/browser/src/gen/index.d.ts';
import { browser as api } from 'wxt/browser';

export type { Browser };
export const browser = api as unknown as typeof Browser;
