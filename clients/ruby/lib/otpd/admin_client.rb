# frozen_string_literal: true

require_relative 'caller'
require_relative 'stubs'

module Otpd
  # Administers API keys and locks, with an API key of the scope `admin`; everything else is as {Client} has it.
  class AdminClient < Caller
    # Makes an API key; its secret is in this answer alone.
    #
    # @param request [AdminV1::CreateApiKeyRequest, nil] instead of its fields
    # @return [AdminV1::CreateApiKeyResponse]
    # @raise [Error]
    def create_api_key(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:create_api_key, message(AdminV1::CreateApiKeyRequest, request, fields), timeout, on_headers)
    end

    # Gets an API key.
    #
    # @param request [AdminV1::GetApiKeyRequest, nil] instead of its fields
    # @return [AdminV1::GetApiKeyResponse]
    # @raise [Error]
    def get_api_key(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:get_api_key, message(AdminV1::GetApiKeyRequest, request, fields), timeout, on_headers)
    end

    # Lists API keys, oldest first: a page of them.
    #
    # @param request [AdminV1::ListApiKeysRequest, nil] instead of its fields
    # @return [AdminV1::ListApiKeysResponse]
    # @raise [Error]
    def list_api_keys(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:list_api_keys, message(AdminV1::ListApiKeysRequest, request, fields), timeout, on_headers)
    end

    # Gives an API key a new secret. If the answer is lost, rotate again.
    #
    # @param request [AdminV1::RotateApiKeyRequest, nil] instead of its fields
    # @return [AdminV1::RotateApiKeyResponse]
    # @raise [Error]
    def rotate_api_key(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:rotate_api_key, message(AdminV1::RotateApiKeyRequest, request, fields), timeout, on_headers)
    end

    # Revokes an API key for ever.
    #
    # @param request [AdminV1::RevokeApiKeyRequest, nil] instead of its fields
    # @return [AdminV1::RevokeApiKeyResponse]
    # @raise [Error]
    def revoke_api_key(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:revoke_api_key, message(AdminV1::RevokeApiKeyRequest, request, fields), timeout, on_headers)
    end

    # Gets how much of its plan an API key has used.
    #
    # @param request [AdminV1::GetApiKeyUsageRequest, nil] instead of its fields
    # @return [AdminV1::GetApiKeyUsageResponse]
    # @raise [Error]
    def get_api_key_usage(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:get_api_key_usage, message(AdminV1::GetApiKeyUsageRequest, request, fields), timeout, on_headers)
    end

    # Lists the plans of the configuration.
    #
    # @param request [AdminV1::ListPlansRequest, nil] instead of its fields
    # @return [AdminV1::ListPlansResponse]
    # @raise [Error]
    def list_plans(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:list_plans, message(AdminV1::ListPlansRequest, request, fields), timeout, on_headers)
    end

    # Lists the sealing keys, without the keys themselves.
    #
    # @param request [AdminV1::ListSealingKeysRequest, nil] instead of its fields
    # @return [AdminV1::ListSealingKeysResponse]
    # @raise [Error]
    def list_sealing_keys(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:list_sealing_keys, message(AdminV1::ListSealingKeysRequest, request, fields), timeout, on_headers)
    end

    # Gets how the process that answers is, and how it judged codes in the last hour.
    #
    # @param request [AdminV1::GetServerStatusRequest, nil] instead of its fields
    # @return [AdminV1::GetServerStatusResponse]
    # @raise [Error]
    def get_server_status(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:get_server_status, message(AdminV1::GetServerStatusRequest, request, fields), timeout, on_headers)
    end

    # Gets the wrong codes that are counted against a secret or a set of recovery codes, and its lock.
    #
    # @param request [AdminV1::GetAttemptsRequest, nil] instead of its fields
    # @return [AdminV1::GetAttemptsResponse]
    # @raise [Error]
    def get_attempts(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:get_attempts, message(AdminV1::GetAttemptsRequest, request, fields), timeout, on_headers)
    end

    # Lets the codes of a secret or a set of recovery codes be judged again.
    #
    # @param request [AdminV1::UnlockAttemptsRequest, nil] instead of its fields
    # @return [AdminV1::UnlockAttemptsResponse]
    # @raise [Error]
    def unlock_attempts(request = nil, timeout: nil, on_headers: nil, **fields)
      call(:unlock_attempts, message(AdminV1::UnlockAttemptsRequest, request, fields), timeout, on_headers)
    end

    private

    def stub_class = Stubs::Admin
  end
end
