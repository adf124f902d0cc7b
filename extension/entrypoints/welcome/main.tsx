import { browser } from '../../browser.ts';
import { presentAsChosen } from '../../session/present.ts';
import { createWelcomeController } from '../../session/welcome-controller.ts';
import { browserMessages } from '../../ui/i18n/browser.ts';
import { t } from '../../ui/i18n/messages.ts';
import { mount } from '../../ui/mount.tsx';
import { Welcome } from '../../ui/welcome/welcome-view.tsx';

const controller = createWelcomeController();
mount(
  browserMessages(browser.i18n, document.documentElement),
  () => t('welcomePageTitle'),
  () => <Welcome controller={controller} />,
);
void presentAsChosen();
