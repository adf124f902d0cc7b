import { startPageService } from '../../session/page-service.ts';

void startPageService();
