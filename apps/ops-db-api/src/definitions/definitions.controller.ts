import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { ChangesNothing, InChange, type Change } from '../http/change.js';
import { DefinitionChangeResponse } from './definition-change.response.js';
import { DefinitionsService } from './definitions.service.js';
import { DEFINITIONS_FILE } from './definitions-file.schema.js';

@ApiTags('definitions')
@Controller('definitions')
export class DefinitionsController {
  constructor(private readonly definitions: DefinitionsService) {}

  @Post('apply')
  @HttpCode(200)
  @Allow('scientist')
  @ApiOperation({
    summary: 'Apply a definitions file: checked as a whole, written in one transaction, twice is once.',
  })
  @ApiBody({ schema: DEFINITIONS_FILE })
  @ApiOkResponse({ type: [DefinitionChangeResponse] })
  async apply(@Body() document: unknown, @InChange() change: Change): Promise<DefinitionChangeResponse[]> {
    return DefinitionChangeResponse.of(await this.definitions.apply(change, document));
  }

  @Post('diff')
  @HttpCode(200)
  @Allow('viewer')
  @ChangesNothing()
  @ApiOperation({ summary: 'What applying this file would change; nothing is changed.' })
  @ApiBody({ schema: DEFINITIONS_FILE })
  @ApiOkResponse({ type: [DefinitionChangeResponse] })
  async diff(@Body() document: unknown): Promise<DefinitionChangeResponse[]> {
    return DefinitionChangeResponse.of(await this.definitions.diff(document));
  }
}
