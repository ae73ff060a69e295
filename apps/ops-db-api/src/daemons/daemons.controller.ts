import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers } from '../http/answers.js';
import { DaemonResponse, DaemonsResponse } from './daemon.response.js';
import { DaemonsService } from './daemons.service.js';

@ApiTags('operating')
@Controller('daemons')
export class DaemonsController {
  constructor(private readonly daemons: DaemonsService) {}

  @Get()
  @Allow('viewer')
  @Answers(DaemonsResponse, 'Every daemon instance of the last day: alive or late, and how its passes fare.')
  async list(): Promise<DaemonsResponse> {
    const { beats, now } = await this.daemons.list();
    return { items: beats.map((beat) => DaemonResponse.from(beat, now)) };
  }
}
