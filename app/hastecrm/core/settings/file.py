"""Settings from a file of variables alone, for those who check it elsewhere than where it is used."""

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from hastecrm.core.settings import Settings


class FileSettings(Settings):
    """The same settings, deaf to the environment: `FileSettings.load(command, file=path)`."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic-settings' own
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Leave only what was given and what the file says."""
        return init_settings, dotenv_settings
