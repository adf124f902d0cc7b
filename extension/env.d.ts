/** False in store builds: everything of the simulator is then dropped from the bundle. Set in wxt.config.ts. */
declare const __WAXSEAL_SIMULATOR__: boolean;
declare const __WAXSEAL_BROWSER__: 'chrome' | 'firefox';
